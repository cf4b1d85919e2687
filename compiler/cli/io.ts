/** What a command may do to the outside: print. Tests capture it; the real one is the process. */
export interface Io {
  /** Results, to standard output. */
  out(text: string): void;
  /** Problems and progress, to standard error. */
  err(text: string): void;
  /** Standard input, in pieces. */
  input(): AsyncIterable<Uint8Array>;
  /** Colours for standard error and output. */
  readonly color: boolean;
  /** Standard error is a terminal: progress may be drawn. */
  readonly interactive: boolean;
  /** Standard output is a terminal: what a model says is shown without what a terminal would obey. */
  readonly terminal: boolean;
  /** Cells of a row. */
  readonly width: number;
}

export function processIo(): Io {
  const { env, stdout, stderr } = process;
  // As https://no-color.org and Node have it: an empty NO_COLOR says nothing, and FORCE_COLOR=0 forces none.
  const { NO_COLOR = "", FORCE_COLOR, TERM } = env;
  const isWanted = FORCE_COLOR === undefined ? stderr.isTTY === true && TERM !== "dumb" : FORCE_COLOR !== "0";
  const color = NO_COLOR === "" && isWanted;
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    input: () => process.stdin as AsyncIterable<Uint8Array>,
    color,
    interactive: stderr.isTTY === true && env.CI === undefined,
    terminal: stdout.isTTY === true,
    width: stderr.columns ?? 120,
  };
}

export interface Captured extends Io {
  readonly stdout: () => string;
  readonly stderr: () => string;
}

/** Collects what a command prints; it reads `input`. */
export function capturedIo(input: Uint8Array = new Uint8Array()): Captured {
  let out = "";
  let err = "";
  return {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    input: async function* () {
      yield input;
    },
    color: false,
    interactive: false,
    terminal: false,
    width: 120,
    stdout: () => out,
    stderr: () => err,
  };
}
