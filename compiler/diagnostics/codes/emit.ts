import { code } from "../code.js";

export const emitCodes = {
};
