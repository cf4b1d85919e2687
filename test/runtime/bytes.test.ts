import fc from "fast-check";
import { expect, it } from "vitest";
import { ByteDecoder, decodeBytes, encodeBytes } from "../../runtime/bytes.js";

it("text survives bytes, however they are cut", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, at) => {
      const ids = encodeBytes(text);
      const decoder = new ByteDecoder();
      expect(decoder.push(ids.slice(0, at)) + decoder.push(ids.slice(at)) + decoder.end()).toBe(text);
    }),
  );
});

it("holds back a character until it is whole", () => {
  const decoder = new ByteDecoder();
  const [first, second] = encodeBytes("é") as [number, number];
  expect(decoder.push([first])).toBe("");
  expect(decoder.push([second])).toBe("é");
});

it("shows what is no text", () => {
  expect(decodeBytes([72, 105, 300, 256])).toBe("Hi⟨300⟩⟨256⟩");
  expect(decodeBytes([0xff, 65])).toBe("\uFFFDA");
  expect(decodeBytes([0xc3, 300])).toBe("\uFFFD⟨300⟩");
  expect(decodeBytes([0xc3])).toBe("\uFFFD");
});
