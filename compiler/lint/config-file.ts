/** The project's settings, at its root. */
export const CONFIG_FILE = "archc.config.json";
