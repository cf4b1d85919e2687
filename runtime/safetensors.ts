import { readSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import type { HostTensor } from "./model.js";

/** An invalid weight file; the message names the file and the problem. */
export class SafetensorsError extends Error {
  override readonly name = "SafetensorsError";
}

/** One tensor as the header describes it; `begin` and `end` count from the first byte after the header. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In file order. */
  readonly entries: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Bytes before the first tensor. */
  readonly dataStart: number;
}

/** The limit of the reference implementation. */
const MAX_HEADER = 100_000_000;
/** More than the whole of any published model has; a million takes seconds and a gigabyte. */
const MAX_TENSORS = 150_000;
const MAX_RANK = 32;

/** Bits of an element; all dtypes of the format, whether archc can read them or not. */
const bitsOf: Readonly<Record<string, number>> = {
  ...{ BOOL: 8, U8: 8, I8: 8, F8_E5M2: 8, F8_E4M3: 8, U16: 16, I16: 16, F16: 16, BF16: 16 },
  ...{ U32: 32, I32: 32, F32: 32, U64: 64, I64: 64, F64: 64 },
};

/** Reads and checks a header. `start` contains at least its bytes; `size` is that of the whole file. Throws SafetensorsError. */
export function parseHeader(start: Uint8Array, size: number, file: string): SafetensorsHeader {
  const fail = (what: string): never => {
    throw new SafetensorsError(`\`${file}\` is not a valid safetensors file: ${what}`);
  };
  const length = headerLength(start, size, file);
  if (start.length < 8 + length) fail("its header is incomplete");
  let table: unknown;
  let names = 0;
  try {
    // A mark before the text would be dropped unseen, and no other reader takes it.
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const text = decoder.decode(start.subarray(8, 8 + length));
    names = checkText(text, fail);
    if (names > MAX_TENSORS)
      fail(`its header describes ${names} tensors, more than the ${MAX_TENSORS} that archc reads`);
    table = JSON.parse(text);
  } catch (error) {
    if (error instanceof SafetensorsError) throw error;
    fail("its header is not valid JSON");
  }
  if (!isRecord(table)) return fail("its header is not a JSON object");

  // JSON.parse keeps the last of two; another reader may keep the first.
  if (Object.keys(table).length !== names) fail("its header describes a tensor twice");
  const metadata: Record<string, string> = {};
  const entries: TensorEntry[] = [];
  for (const [name, value] of Object.entries(table)) {
    if (name !== "__metadata__") {
      entries.push(parseEntry(name, value, fail));
      continue;
    }
    if (!isRecord(value)) fail("`__metadata__` is not an object");
    for (const [key, text] of Object.entries(value as Record<string, unknown>)) {
      metadata[key] = typeof text === "string" ? text : fail(`metadata \`${key}\` is not a string`);
    }
  }
  // An empty tensor shares its place with the next one and stands before it.
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const data = size - 8 - length;
  let end = 0;
  for (const entry of entries) {
    if (entry.begin < end) fail(`tensor \`${entry.name}\` overlaps the one before it`);
    if (entry.begin > end)
      fail(`${byteText(entry.begin - end)} before tensor \`${entry.name}\` belong to no tensor`);
    end = entry.end;
    if (end > data) fail(`tensor \`${entry.name}\` ends at byte ${end} of ${data}: the file is cut short`);
  }
  if (end !== data) fail(`${byteText(data - end)} after the last tensor belong to no tensor`);
  return { entries, metadata, dataStart: 8 + length };
}

/** The header's length in bytes, from the first 8 bytes of the file. Throws SafetensorsError. */
export function headerLength(start: Uint8Array, size: number, file: string): number {
  const fail = (what: string): never => {
    throw new SafetensorsError(`\`${file}\` is not a valid safetensors file: ${what}`);
  };
  if (start.length < 8 || size < 8) return fail(size === 0 ? "it is empty" : `it has only ${byteText(size)}`);
  const length = new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true);
  if (length <= BigInt(Math.min(MAX_HEADER, size - 8))) return Number(length);
  const other = foreignFormat(start);
  if (other !== undefined) throw new SafetensorsError(`\`${file}\` is not a safetensors file but ${other}`);
  // Where it is no such file at all, these bytes are its content, and no one's to see.
  if (length > BigInt(MAX_HEADER)) return fail("it does not start with the length of a header");
  return fail(`its header takes ${length} bytes, but only ${size - 8} follow`);
}

/** Another weight format, recognized by its first bytes. A valid header can start the same way, so check that first. */
function foreignFormat(start: Uint8Array): string | undefined {
  const begins = (...bytes: readonly number[]) => bytes.every((byte, i) => start[i] === byte);
  const text = (word: string) => begins(...[...word].map((c) => c.charCodeAt(0)));
  const pickle = start[0] === 0x80 && start[1]! >= 2 && start[1]! <= 5;
  if (pickle || text("PK\x03\x04"))
    return "a zip or pickle written by `torch.save`; archc does not read these, because they can run code; convert it in Python: `safetensors.torch.save_file(torch.load(FILE, weights_only=True), NAME)`";
  if (text("GGUF")) return "a GGUF file, which archc does not read";
  if (text("\x89HDF")) return "an HDF5 file, which archc does not read";
  return undefined;
}

/**
 * The number of keys at the top of a header. A header is three levels deep; JSON.parse could overflow the stack on a
 * hostile one.
 */
function checkText(text: string, fail: (what: string) => never): number {
  let depth = 0;
  let keys = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (quoted) {
      if (c === 0x5c) i++;
      else if (c === 0x22) quoted = false;
    } else if (c === 0x22) quoted = true;
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > 8) fail("its header is nested too deeply");
    } else if (c === 0x7d || c === 0x5d) depth--;
    else if (c === 0x3a && depth === 1) keys++;
  }
  return keys;
}

function parseEntry(name: string, value: unknown, fail: (what: string) => never): TensorEntry {
  if (!isRecord(value)) return fail(`tensor \`${name}\` is not described by an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string") return fail(`tensor \`${name}\` has no dtype`);
  const bits = Object.hasOwn(bitsOf, dtype)
    ? bitsOf[dtype]!
    : fail(`tensor \`${name}\` has unknown dtype \`${dtype}\``);
  if (!isSizes(shape) || shape.length > MAX_RANK) return fail(`tensor \`${name}\` has no valid shape`);
  if (!isSizes(offsets) || offsets.length !== 2) return fail(`tensor \`${name}\` has no valid offsets`);
  const [begin, end] = offsets as [number, number];
  const count = shape.reduce((a, b) => a * b, 1);
  if (!Number.isSafeInteger(count)) return fail(`tensor \`${name}\` is too large`);
  if (end - begin !== (count * bits) / 8) {
    return fail(
      `tensor \`${name}\` of ${dtype} [${shape.join(", ")}] has ${end - begin} bytes, not ${(count * bits) / 8}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

const byteText = (count: number): string => `${count} ${count === 1 ? "byte" : "bytes"}`;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

const readable: Readonly<Record<string, HostTensor["dtype"]>> = { F32: "f32", I32: "i32", BOOL: "bool" };

/** A weight file, open for reading; tensors are read one by one, when asked for. */
export class SafetensorsFile {
  readonly header: SafetensorsHeader;
  private readonly file: FileHandle;
  private readonly path: string;
  private readonly byName: ReadonlyMap<string, TensorEntry>;

  private constructor(path: string, file: FileHandle, header: SafetensorsHeader) {
    this.path = path;
    this.file = file;
    this.header = header;
    this.byName = new Map(header.entries.map((e) => [e.name, e]));
  }

  /** Opens a file and reads only its header. Throws SafetensorsError if that is wrong, and the system's error if there is no file. */
  static async open(path: string): Promise<SafetensorsFile> {
    // A pipe would be waited for, and a device never ends.
    if (!(await stat(path)).isFile()) throw new SafetensorsError(`\`${path}\` is not a file`);
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      const first = new Uint8Array(8);
      const got = await readInto(file, path, first, 0);
      const length = headerLength(first.subarray(0, got), size, path);
      const start = new Uint8Array(8 + length);
      if ((await readInto(file, path, start, 0)) !== start.length) {
        throw new SafetensorsError(`\`${path}\` ended while archc read its header`);
      }
      return new SafetensorsFile(path, file, parseHeader(start, size, path));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get names(): string[] {
    return this.header.entries.map((e) => e.name);
  }

  /**
   * One whole tensor, in `room` if that is given and large enough. Throws SafetensorsError if there is no tensor of that
   * name, or if archc does not use its dtype.
   */
  async read(name: string, room?: Uint8Array<ArrayBuffer>): Promise<HostTensor> {
    const { bytes, at, tensor } = this.placeOf(name, room);
    if ((await readInto(this.file, this.path, bytes, at)) !== bytes.length) throw this.endedIn(name);
    return tensor;
  }

  /** As `read`, for callers that cannot wait. */
  readNow(name: string, room?: Uint8Array<ArrayBuffer>): HostTensor {
    const { bytes, at, tensor } = this.placeOf(name, room);
    for (let done = 0; done < bytes.length; ) {
      let got: number;
      try {
        got = readSync(this.file.fd, bytes, done, Math.min(bytes.length - done, LARGEST), at + done);
      } catch (error) {
        throw unreadable(this.path, error);
      }
      if (got === 0) throw this.endedIn(name);
      done += got;
    }
    return tensor;
  }

  private endedIn(name: string): SafetensorsError {
    return new SafetensorsError(`\`${this.path}\` ended while archc read tensor \`${name}\``);
  }

  /** Where a tensor lies in the file, the memory that it is read into, and what it is there. */
  private placeOf(name: string, room: Uint8Array<ArrayBuffer> | undefined) {
    const entry = this.byName.get(name);
    if (!entry) throw new SafetensorsError(`\`${this.path}\` has no tensor \`${name}\``);
    const dtype = Object.hasOwn(readable, entry.dtype) ? readable[entry.dtype]! : undefined;
    if (!dtype) {
      throw new SafetensorsError(
        `tensor \`${name}\` in \`${this.path}\` is ${entry.dtype}; archc reads F32, I32 and BOOL`,
      );
    }
    const length = entry.end - entry.begin;
    const bytes = room && room.length >= length ? room.subarray(0, length) : new Uint8Array(length);
    const data =
      dtype === "bool"
        ? bytes
        : dtype === "f32"
          ? new Float32Array(bytes.buffer, bytes.byteOffset, length / 4)
          : new Int32Array(bytes.buffer, bytes.byteOffset, length / 4);
    const tensor: HostTensor = { dtype, shape: entry.shape, data };
    return { bytes, at: this.header.dataStart + entry.begin, tensor };
  }

  /** `length` bytes of a tensor from `start` on, in their own buffer. Throws SafetensorsError if the file ends first. */
  async readPart(entry: TensorEntry, start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    if (
      (await readInto(this.file, this.path, bytes, this.header.dataStart + entry.begin + start)) !== length
    ) {
      throw new SafetensorsError(`\`${this.path}\` ended while archc read tensor \`${entry.name}\``);
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

/** Bytes that one call of the system is asked for: it gives never more than 2 GiB. */
const LARGEST = 1 << 30;

/** A share that went away, a disk that fails: the file's fault, and no other's. */
function unreadable(path: string, error: unknown): SafetensorsError {
  return new SafetensorsError(`cannot read \`${path}\`: ${(error as Error).message}`);
}

/** Reads until `out` is full or the file ends; one call of the system may give less. */
async function readInto(file: FileHandle, path: string, out: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < out.length) {
    const want = Math.min(out.length - done, LARGEST);
    const { bytesRead } = await file.read(out, done, want, position + done).catch((error: unknown) => {
      throw unreadable(path, error);
    });
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
