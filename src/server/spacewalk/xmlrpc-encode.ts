import type { XmlRpcValue } from '../../base/xmlrpc-value.ts';

/** A `<methodResponse>` with a result. */
export function encodeResult(value: XmlRpcValue): string {
  return `${declaration}<methodResponse>\n<params>\n<param>\n${encodeValue(value)}</param>\n</params>\n</methodResponse>\n`;
}

/** A `<methodResponse>` that is a fault. */
export function encodeFault(code: number, text: string): string {
  const fault = encodeValue({ faultCode: code, faultString: text });
  return `${declaration}<methodResponse>\n<fault>\n${fault}</fault>\n</methodResponse>\n`;
}

/** A `<methodCall>`: what an action is for its client. */
export function encodeCall(method: string, params: readonly XmlRpcValue[]): string {
  const encoded = params.map((param) => `<param>\n${encodeValue(param)}</param>\n`).join('');
  return `${declaration}<methodCall>\n<methodName>${escaped(method)}</methodName>\n<params>\n${encoded}</params>\n</methodCall>\n`;
}

/** A `<params>` document with one parameter. */
export function encodeParams(value: XmlRpcValue): string {
  return `${declaration}<params>\n<param>\n${encodeValue(value)}</param>\n</params>\n`;
}

/** Text as it stands in an element: without the characters that XML does not have, or that a parser would change. */
export function escaped(text: string): string {
  if (!special.test(text)) return text;
  return text
    .replaceAll(unfit, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;');
}

/** The declaration that the clients' own documents have; its encoding is UTF-8. */
const declaration = "<?xml version='1.0'?>\n";

/** Control characters but for line ends and tabs, lone surrogates, and U+FFFE and U+FFFF. */
const unfit =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be sent
  /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be sent
const special = /[&<>\0-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]/;

function encodeValue(value: XmlRpcValue): string {
  if (typeof value === 'string') return `<value><string>${escaped(value)}</string></value>\n`;
  if (typeof value === 'number') return `<value>${encodeNumber(value)}</value>\n`;
  if (typeof value === 'boolean') return `<value><boolean>${value ? 1 : 0}</boolean></value>\n`;
  let inside = '';
  if (Array.isArray(value)) {
    for (const entry of value) inside += encodeValue(entry);
    return `<value><array><data>\n${inside}</data></array></value>\n`;
  }
  for (const name of Object.keys(value)) {
    inside += `<member>\n<name>${escaped(name)}</name>\n${encodeValue(value[name]!)}</member>\n`;
  }
  return `<value><struct>\n${inside}</struct></value>\n`;
}

/** Old clients know no i8: what does not fit into 32 bits goes as one all the same, and callers avoid it. */
function encodeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`XML-RPC has no number ${value}`);
  if (!Number.isInteger(value)) return `<double>${value}</double>`;
  return (value | 0) === value ? `<int>${value}</int>` : `<i8>${value}</i8>`;
}
