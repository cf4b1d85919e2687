import { describe, expect, it } from "vitest";
import { backendNames, backends, openBackend } from "../../runtime/backends.js";
import { present } from "./present.js";

describe("backends", async () => {
  const reports = await backends();

  it("reports each once, and says why or how", () => {
    expect(reports.map((r) => r.name)).toEqual(backendNames);
    for (const report of reports) {
      expect(report.why).not.toBe("");
      expect(report.get === "").toBe(report.available);
    }
  });

  it("chooses one for each target, the best that is there", () => {
    for (const target of ["tfjs", "onnx"] as const) {
      const available = reports.filter((r) => r.target === target && r.available);
      const chosen = reports.filter((r) => r.target === target && r.chosen);
      expect(chosen).toEqual(available.slice(0, 1).map((r) => ({ ...r, chosen: true })));
    }
  });

  it("always has wasm and cpu", () => {
    expect(reports.filter((r) => r.available).map((r) => r.name)).toEqual(
      expect.arrayContaining(["wasm", "cpu"]),
    );
  });

  it("opens what it chose", async () => {
    const chosen = reports.find((r) => r.target === "tfjs" && r.chosen);
    expect((await openBackend()).name).toBe(chosen?.name);
  });

  it("names the backends where a name is wrong", async () => {
    await expect(openBackend("cuda")).rejects.toThrow(
      "there is no backend `cuda`; choose one of `tensorflow`",
    );
    await expect(openBackend("onnx")).rejects.toThrow("set the target to `onnx`");
  });
});

describe("a backend that was asked for", async () => {
  for (const { name, backend, absent } of await present()) {
    it(
      backend ? `${name}: computes (${backend.detail})` : `${name}: fails clearly, as it is absent here`,
      async () => {
        if (!backend) {
          await expect(openBackend(name)).rejects.toThrow(`backend \`${name}\` is not available: ${absent}`);
          return;
        }
        const { tf } = backend;
        await tf.setBackend(name);
        const sum = tf.add(tf.tensor1d([1, 2]), 3);
        expect([...(await sum.data())]).toEqual([4, 5]);
        backend.check();
      },
    );
  }
});
