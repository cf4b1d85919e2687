/** A key of a JSON text, with the keys that lead to it, and the range of its name. */
export interface JsonKey {
  readonly path: readonly string[];
  readonly start: number;
  readonly end: number;
}

/** Where a text stops being JSON, and why. */
export interface JsonFault {
  readonly at: number;
  readonly length: number;
  readonly why: string;
}

export type JsonScan = { readonly keys: readonly JsonKey[] } | { readonly fault: JsonFault };

/** Deeper than any configuration, and far from the end of the stack. */
const DEEPEST = 200;

class Fault extends Error {
  constructor(readonly fault: JsonFault) {
    super(fault.why);
  }
}

/**
 * Every key of a JSON text in its order, those said twice included; or the first place that is wrong. `JSON.parse` gives
 * neither: it drops places, keeps the last of two keys, and words its errors differently from one Node to the next.
 */
export function scanJson(text: string): JsonScan {
  try {
    return { keys: new Scan(text).whole() };
  } catch (error) {
    if (error instanceof Fault) return { fault: error.fault };
    throw error;
  }
}

class Scan {
  private at = 0;
  private readonly keys: JsonKey[] = [];

  constructor(private readonly text: string) {}

  whole(): readonly JsonKey[] {
    if (this.text.trim() === "") this.fail("the file is empty: `{}` sets nothing");
    this.value([]);
    this.space();
    if (this.at < this.text.length) this.fail("nothing can follow the last closing bracket");
    return this.keys;
  }

  private value(path: readonly string[]): void {
    this.space();
    if (path.length > DEEPEST) this.fail("brackets are nested too deeply");
    const c = this.text[this.at];
    if (c === "{") this.list("}", () => this.member(path));
    else if (c === "[") this.list("]", (i) => this.value([...path, `${i}`]));
    else if (c === '"') this.string();
    else if (
      !this.take(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y) &&
      !this.take(/(?:true|false|null)\b/y)
    )
      this.noValue();
  }

  private list(close: string, element: (i: number) => void): void {
    this.at++;
    for (let i = 0; ; i++) {
      this.space();
      if (i === 0 && this.text[this.at] === close) break;
      element(i);
      this.space();
      const c = this.text[this.at];
      if (c === close) break;
      if (c !== ",")
        this.fail(
          c === undefined ? `the last \`${close}\` is missing` : `expected \`,\` or \`${close}\` here`,
        );
      const comma = this.at++;
      this.space();
      if (this.text[this.at] === close) {
        this.at = comma;
        this.fail(`no comma can stand before \`${close}\``);
      }
    }
    this.at++;
  }

  private member(path: readonly string[]): void {
    const start = this.at;
    if (this.text[start] !== '"') {
      const word = this.ahead(/[\w$-]+/y);
      this.fail(
        word === undefined
          ? "expected a key in double quotes here"
          : `a key needs double quotes: \`"${word}"\``,
        word,
      );
    }
    const here = [...path, this.string()];
    this.keys.push({ path: here, start, end: this.at });
    this.space();
    if (this.text[this.at] !== ":") this.fail("expected `:` after the key");
    this.at++;
    this.value(here);
  }

  private string(): string {
    const start = this.at;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in a string.
    const found = this.ahead(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y);
    if (found !== undefined) {
      this.at += found.length;
      return JSON.parse(found) as string;
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
    this.at += this.ahead(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*/y)!.length;
    if (this.text[this.at] === "\\")
      this.fail("a string cannot hold this escape: a backslash is written `\\\\`");
    if (this.text[this.at] === "\t") this.fail("a string cannot hold a tab: write `\\t`");
    this.at = start;
    this.fail("this string has no closing quote on its line");
  }

  private noValue(): never {
    const word = this.ahead(/[A-Za-z_][\w-]*/y);
    if (word !== undefined) this.fail(`text needs double quotes: \`"${word}"\``, word);
    if (this.text[this.at] === undefined) this.fail("the text ends where a value is expected");
    const number = this.ahead(/[-+.\d][\w.+-]*/y);
    if (number !== undefined) this.fail("this is not a number of JSON", number);
    this.fail("expected a value here");
  }

  /** Blanks; JSON has no comments, which is what people try first. */
  private space(): void {
    this.take(/[ \t\r\n]+/y);
    const comment = this.ahead(/\/[/*]|#/y);
    if (comment !== undefined) this.fail("JSON has no comments", comment);
    if (this.text[this.at] === "'") this.fail("JSON has double quotes only");
  }

  private ahead(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text)?.[0];
  }

  private take(pattern: RegExp): boolean {
    const found = this.ahead(pattern);
    this.at += found?.length ?? 0;
    return found !== undefined;
  }

  private fail(why: string, over = ""): never {
    const at = Math.min(this.at, Math.max(0, this.text.length - 1));
    throw new Fault({ at, length: over.length || 1, why });
  }
}
