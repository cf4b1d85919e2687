/** Processor time of `work` in ms: unlike wall time, what other processes do hardly moves it. */
export function cpuTime(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
