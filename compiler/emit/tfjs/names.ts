const reserved = new Set(
  (
    "abstract any arguments as async await boolean break case catch class const continue debugger default delete do " +
    "else enum eval export extends false finally for from function get if implements import in instanceof interface " +
    "let new null number object of package private protected public return set static string super switch symbol " +
    "this throw true try typeof undefined unknown var void while with yield NaN Infinity Math Array Object " +
    // What every generated function knows by these names.
    "tf sizes w inputs"
  ).split(" "),
);

/** A JS identifier that reads like `hint`; never a reserved word, and safe whatever `hint` holds. */
export function identifier(hint: string): string {
  const last = hint.slice(hint.lastIndexOf(".") + 1);
  const plain = last.replace(/[^A-Za-z0-9_]/g, "_").replace(/^_+(?=.)|_+$/g, "");
  const name = plain === "" ? "x" : plain;
  return /^[0-9]/.test(name) || reserved.has(name) ? `_${name}` : name;
}

/** Hands out identifiers, each once; `outer` holds those of the enclosing scope. */
export class Names {
  private readonly taken = new Set<string>();
  constructor(private readonly outer?: Names) {}

  private has(name: string): boolean {
    return this.taken.has(name) || (this.outer?.has(name) ?? false);
  }

  /** `hint`, or `hint_2`, `hint_3`, … where it is taken. */
  fresh(hint: string): string {
    const base = identifier(hint);
    let name = base;
    for (let i = 2; this.has(name); i++) name = `${base}_${i}`;
    this.taken.add(name);
    return name;
  }
}

/** `object.key`, or `object["any key"]`. */
export function property(object: string, key: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(key) ? `${object}.${key}` : `${object}[${JSON.stringify(key)}]`;
}

/** A key of an object literal or of a type. */
export function key(name: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? name : JSON.stringify(name);
}

/** A number as JS source. */
export function literal(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
