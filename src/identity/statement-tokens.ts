import { AppError } from '../base/errors.ts';

/** A piece of a statement of a policy, or of a rule of a dynamic group. */
export interface Token {
  kind: 'word' | 'text' | 'pattern' | 'sign' | 'end';
  /** What is between quotes or slashes, of those that have any. */
  text: string;
  /** Of its first character, counted from 1. */
  column: number;
  /** Where it begins and ends in the statement. */
  start: number;
  end: number;
}

const longest = 4000;
const sign = /!=|[{}=,:]/y;
const word = /[^\s{}=,:!'/][^\s{}=,:!']*/y;

/** Cuts a statement into tokens; the last one is its end. Throws AppError 'usage'. */
export function tokensOf(statement: string): Token[] {
  if (statement.length > longest) {
    throw new AppError('usage', `a statement has ${longest} characters at most`);
  }
  const tokens: Token[] = [];
  for (let at = 0; ; ) {
    while (/\s/.test(statement.charAt(at))) at++;
    const about = { column: at + 1, start: at };
    if (at >= statement.length) {
      tokens.push({ kind: 'end', text: '', ...about, end: at });
      return tokens;
    }
    const char = statement[at]!;
    if (char === "'" || char === '/') {
      const close = statement.indexOf(char, at + 1);
      if (close < 0) {
        const what =
          char === "'" ? 'the quote that ends the text' : 'the slash that ends the pattern';
        throw unexpected({ ...about, column: statement.length + 1 }, what, 'the end');
      }
      const text = statement.slice(at + 1, close);
      at = close + 1;
      tokens.push({ kind: char === "'" ? 'text' : 'pattern', text, ...about, end: at });
      continue;
    }
    const text = matchAt(sign, statement, at) ?? matchAt(word, statement, at);
    if (text === undefined) throw unexpected(about, 'a word', `"${char}"`);
    at += text.length;
    tokens.push({ kind: isSign(text) ? 'sign' : 'word', text, ...about, end: at });
  }
}

const isSign = (text: string) => text === '!=' || /^[{}=,:]$/.test(text);

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** What a token is called in a refusal. */
const shown = ({ kind, text }: Token): string => {
  if (kind === 'end') return 'the end';
  const quote = { text: "'", pattern: '/', word: '', sign: '' }[kind];
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return `"${quote}${short}${quote}"`;
};

/** A refusal that says where, and what would have been right there. */
export const unexpected = (at: { column: number }, expected: string, found: string): AppError =>
  new AppError('usage', `column ${at.column}: expected ${expected}, found ${found}`, {
    detail: { column: at.column, expected },
  });

export type Reader = ReturnType<typeof createReader>;

/** Reads a statement token by token. Throws AppErrors 'usage' that say the column and what was expected. */
export function createReader(statement: string) {
  const tokens = tokensOf(statement);
  let at = 0;
  const peek = () => tokens[at]!;
  const isWord = (token: Token, keyword: string) =>
    token.kind === 'word' && token.text.toLowerCase() === keyword;

  function next(): Token {
    const token = peek();
    if (token.kind !== 'end') at++;
    return token;
  }

  const refuse = (expected: string, token = peek()): AppError =>
    unexpected(token, expected, shown(token));

  return {
    peek,
    next,
    refuse,

    /** Takes a keyword, in any case, if it is the next one. */
    takes(keyword: string): boolean {
      if (!isWord(peek(), keyword)) return false;
      at++;
      return true;
    },

    takesSign(text: string): boolean {
      if (peek().kind !== 'sign' || peek().text !== text) return false;
      at++;
      return true;
    },

    /** The one of these keywords, in lower case, that is next. */
    oneOf<T extends string>(keywords: readonly T[], expected: string): T {
      const found = keywords.find((keyword) => isWord(peek(), keyword));
      if (found === undefined) throw refuse(expected);
      at++;
      return found;
    },

    sign(text: string, expected = `"${text}"`): void {
      if (!this.takesSign(text)) throw refuse(expected);
    },

    /** A name: a word, or a text in quotes that is not empty. */
    name(expected: string): Token {
      const { kind, text } = peek();
      if ((kind !== 'word' && kind !== 'text') || text.trim() === '') throw refuse(expected);
      return next();
    },

    end(expected = 'the end'): void {
      if (peek().kind !== 'end') throw refuse(expected);
    },
  };
}
