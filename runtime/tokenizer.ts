import { readFile, stat } from "node:fs/promises";
import { runInNewContext } from "node:vm";
import { InputError } from "./inputs.js";

/** Text as the token ids that a model was trained on, and back. */
export interface TextTokenizer {
  /** Adds the special tokens that the model expects around a text, unless `special` is false. */
  encode(text: string, options?: { readonly special?: boolean }): number[];
  /** The text of token ids, without special tokens. */
  decode(ids: readonly number[]): string;
  /** One more than the largest id. */
  readonly size: number;
  /** Ids of tokens that end a text. */
  readonly ends: readonly number[];
}

/** The name under which a build keeps its tokenizer. */
export const TOKENIZER = "tokenizer.json";

/** What model families call the token that ends a text. */
const endNames = ["<|endoftext|>", "</s>", "<|end_of_text|>", "<|eot_id|>", "<|im_end|>", "<eos>"];

/** Vocabularies have some megabytes. */
const MAX_BYTES = 200_000_000;

/** Reads a Hugging Face `tokenizer.json`. Throws InputError if the file is not one, and the system's error if there is no file. */
export async function loadTokenizer(path: string): Promise<TextTokenizer> {
  const about = await stat(path);
  // A pipe would be waited for, and a device never ends.
  if (!about.isFile()) throw new InputError(`\`${path}\` is not a tokenizer.json: it is not a file`);
  const { size } = about;
  if (size > MAX_BYTES)
    throw new InputError(`\`${path}\` is too large for a tokenizer.json: it has ${size} bytes`);
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
    throw new InputError(`\`${path}\` is not a tokenizer.json: it is not valid JSON`);
  }
  const isTokenizer = typeof content === "object" && content !== null && "model" in content;
  if (!isTokenizer) throw new InputError(`\`${path}\` is not a tokenizer.json: it has no \`model\``);
  checkIds(path, (content as { model: unknown }).model);
  const { Tokenizer } = await import("@huggingface/tokenizers");
  // The library trusts what it reads; a damaged file may show at any call.
  const sound = <T>(use: () => T): T => {
    try {
      return use();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new InputError(`\`${path}\` cannot be used as a tokenizer: ${why}`);
    }
  };
  const tokenizer = sound(() => new Tokenizer(content as object, {}));
  let last = -1;
  for (const id of sound(() => tokenizer.get_vocab()).values()) last = Math.max(last, id);
  return {
    encode: (text, { special = true } = {}) =>
      sound(() => inTime(text, () => tokenizer.encode(text, { add_special_tokens: special }).ids)),
    decode: (all) => {
      // Vocabularies of models are padded: what the tokenizer does not know is no text.
      const ids = all.filter((id) => tokenizer.id_to_token(id) !== undefined);
      const options = { skip_special_tokens: true, clean_up_tokenization_spaces: false };
      return ids.length === 0 ? "" : sound(() => tokenizer.decode(ids, options));
    },
    size: last + 1,
    ends: endNames.flatMap((name) => tokenizer.token_to_id(name) ?? []),
  };
}

/** Ids are rows of a table: other numbers would read beside it, or nothing. */
function checkIds(path: string, model: unknown): void {
  const vocab = (model as { vocab?: unknown } | null)?.vocab;
  if (typeof vocab !== "object" || vocab === null || Array.isArray(vocab)) return;
  for (const [token, id] of Object.entries(vocab)) {
    if (Number.isInteger(id) && id >= 0 && id < 2 ** 31) continue;
    const short = token.length > 40 ? `${token.slice(0, 40)}…` : token;
    throw new InputError(
      `\`${path}\` is not a tokenizer.json: the id of \`${short}\` is ${JSON.stringify(id)}, not a whole number of at least 0`,
    );
  }
}

/** A tokenizer's regular expressions may be ambiguous, and take exponentially long: they are stopped. */
function inTime<T>(text: string, use: () => T): T {
  const timeout = 10_000 + Math.ceil(text.length / 50);
  try {
    return runInNewContext("use()", { use }, { timeout }) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    const seconds = Math.round(timeout / 1000);
    throw new Error(
      `it did not split the text within ${seconds} s; is one of its regular expressions ambiguous, such as \`(a+)+\`?`,
    );
  }
}

/** Decodes token ids one by one, and returns each part of the text as soon as later tokens cannot change it. */
export class TokenDecoder {
  private readonly ids: number[] = [];
  private said = 0;

  constructor(private readonly tokenizer: TextTokenizer) {}

  push(ids: readonly number[]): string {
    this.ids.push(...ids);
    const text = this.tokenizer.decode(this.ids);
    // A character may be spread over several tokens.
    if (text.endsWith("\ufffd")) return "";
    return this.rest(text);
  }

  end(): string {
    return this.rest(this.tokenizer.decode(this.ids));
  }

  private rest(text: string): string {
    const part = text.slice(this.said);
    this.said = Math.max(this.said, text.length);
    return part;
  }
}
