import * as tf from "@tensorflow/tfjs-core";
import { BackendError, type BackendKind, message, optional } from "./backend.js";
import { replaceProducts } from "./webgpu-products.js";

/** What is used of the WebGPU API, whose types come with browsers alone. */
interface Adapter {
  readonly features: ReadonlySet<string>;
  readonly limits: Readonly<Record<string, number>>;
  readonly info?: AdapterInfo;
  requestDevice(descriptor: object): Promise<Device>;
}
interface AdapterInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly device?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}
interface Device {
  readonly limits: Readonly<Record<string, number>>;
  readonly lost: Promise<{ readonly message: string; readonly reason: string }>;
  onuncapturederror: ((event: { readonly error: { readonly message: string } }) => void) | null;
}
interface Gpu {
  requestAdapter(options?: object): Promise<Adapter | null>;
}

/** The software GPU that Debian's `chromium` brings. */
const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** tfjs's matrix product in tiles, among its `MatMulProgramType`. */
const packedProducts = 3;

const wanted = [
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxComputeWorkgroupSizeX",
  "maxComputeInvocationsPerWorkgroup",
];

/** Any GPU through WebGPU: built into browsers, Dawn from the `webgpu` package in Node. */
export const webgpu: BackendKind = {
  target: "tfjs",
  get: "npm install --no-save webgpu@0.6.2 and a GPU with a Vulkan, Metal or D3D12 driver (Debian: libvulkan1; `chromium` includes a software GPU)",
  async open(forced) {
    const { gpu, adapter } = await findAdapter(forced);
    const info: AdapterInfo = adapter.info ?? {};
    const about =
      [info.description, info.device, info.architecture, info.vendor].find((t) => t) ?? "unnamed adapter";
    if (isSoftware(info) && !forced) throw new BackendError(onlyForced(about));

    const device = await adapter.requestDevice({
      requiredFeatures: ["timestamp-query"].filter((f) => adapter.features.has(f)),
      requiredLimits: Object.fromEntries(wanted.map((name) => [name, adapter.limits[name]])),
    });
    // tfjs prints a validation error or an exhausted memory, and goes on with stale numbers.
    let failure: string | undefined;
    device.onuncapturederror = ({ error }) => {
      failure ??= error.message.split("\n")[0];
    };
    void device.lost.then(({ message: why, reason }) => {
      failure ??= `the device was lost (${why || reason})`;
    });
    await register(gpu, device, info);
    // For few results tfjs has all threads of a group add up one: quick on a GPU, twenty times slower in software.
    if (isSoftware(info)) tf.env().set("WEBGPU_MATMUL_PROGRAM_TYPE", packedProducts);
    if (isSoftware(info)) replaceProducts(tf);
    const tensor = Math.min(device.limits.maxBufferSize!, device.limits.maxStorageBufferBindingSize!);
    return {
      name: "webgpu",
      software: isSoftware(info),
      detail: isSoftware(info) ? `${about}, a software GPU` : about,
      tf,
      limits: { tensor, total: undefined },
      check() {
        const happened = failure;
        failure = undefined;
        if (happened !== undefined) throw new BackendError(`webgpu failed: ${happened}`);
      },
    };
  },
};

/** Why a GPU in software is left alone. */
export const onlyForced = (about: string) =>
  `the only adapter is a software GPU (${about}); to use it, ask for \`webgpu\` by name`;

function isSoftware(info: AdapterInfo): boolean {
  const words = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  return (
    info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|software|basic render/i.test(words)
  );
}

/** The adapter, and the `gpu` object that gave it. Where forced, one in software is looked for too. */
async function findAdapter(forced: boolean): Promise<{ gpu: Gpu; adapter: Adapter }> {
  const ofBrowser = (globalThis as { navigator?: { gpu?: Gpu } }).navigator?.gpu;
  if (ofBrowser) {
    const adapter = await ofBrowser.requestAdapter({ powerPreference: "high-performance" });
    if (adapter) return { gpu: ofBrowser, adapter };
    throw new BackendError("no adapter: the browser offers no GPU");
  }
  let dawn: { create(options: readonly string[]): Gpu; globals: object } | undefined;
  try {
    dawn = (await optional("webgpu")) as typeof dawn;
  } catch (error) {
    throw new BackendError(`the \`webgpu\` package is installed, but does not load (${message(error)})`);
  }
  if (!dawn) throw new BackendError("the `webgpu` package is not installed");
  Object.assign(globalThis, dawn.globals);
  for (const software of forced ? [false, true] : [false]) {
    if (software ? !(await useSwiftShader()) : !(await hasDriver())) continue;
    const gpu = dawn.create([]);
    const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
    if (adapter) return { gpu, adapter };
  }
  throw new BackendError("no adapter: the system has no GPU with a Vulkan, Metal or D3D12 driver");
}

/** Is there a driver to look for? Dawn prints warnings where the Vulkan loader finds none. */
async function hasDriver(): Promise<boolean> {
  if (process.platform !== "linux" || process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES)
    return true;
  const { readdirSync } = await import("node:fs");
  const { env } = process;
  const shares = [
    ...(env.XDG_DATA_DIRS ?? "/usr/local/share:/usr/share").split(":"),
    `${env.HOME}/.local/share`,
  ];
  return ["/etc", "/usr/local/etc", "/usr/share", "/usr/local/share", ...shares].some((folder) => {
    try {
      return readdirSync(`${folder}/vulkan/icd.d`).some((file) => file.endsWith(".json"));
    } catch {
      return false;
    }
  });
}

/** Points the Vulkan loader at the software GPU; false where there is none, or the user chose a driver. */
async function useSwiftShader(): Promise<boolean> {
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES) return false;
  const { existsSync } = await import("node:fs");
  if (!existsSync(swiftShader)) return false;
  process.env.VK_ICD_FILENAMES = swiftShader;
  process.env.XDG_RUNTIME_DIR ??= "/tmp";
  return true;
}

/** Registers tfjs's backend with our device: its own registration leaves errors of the device unseen. */
async function register(gpu: Gpu, device: Device, info: AdapterInfo): Promise<void> {
  const kernels = await import("@tensorflow/tfjs-backend-webgpu");
  // Loaded before `navigator.gpu` is there, the package registers no factory of its own in Node.
  if (tf.findBackendFactory("webgpu")) tf.removeBackend("webgpu");
  const holder = globalThis as { navigator?: { gpu?: Gpu } };
  if (!holder.navigator) Object.defineProperty(holder, "navigator", { value: {}, configurable: true });
  if (!holder.navigator?.gpu)
    Object.defineProperty(holder.navigator, "gpu", { value: gpu, configurable: true });
  type Parameters = ConstructorParameters<typeof kernels.WebGPUBackend>;
  tf.registerBackend(
    "webgpu",
    () => new kernels.WebGPUBackend(device as unknown as Parameters[0], info as unknown as Parameters[1]),
    3,
  );
  try {
    await tf.setBackend("webgpu");
  } catch (error) {
    throw new BackendError(`tfjs does not start on this adapter (${message(error)})`);
  }
  if (tf.getBackend() !== "webgpu") throw new BackendError("tfjs does not start on this adapter");
}
