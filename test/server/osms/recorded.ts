/** Whether a method of a client is an operation: it composes a request. */
export function operationsOfClient(client: { prototype: object }): string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(client.prototype)).flatMap(
    ([name, { value }]) =>
      name !== 'constructor' && String(value).includes('composeRequest(') ? [name] : [],
  );
}

/** The client, which notes what is called of it, also by its own iterators. */
export function recorded<T extends object>(client: T, called: Set<string>): T {
  return new Proxy(client, {
    get(target, name, proxy) {
      const member = Reflect.get(target, name, target) as unknown;
      if (typeof member !== 'function') return member;
      return (...asked: unknown[]) => {
        called.add(String(name));
        return member.apply(proxy, asked);
      };
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  });
}
