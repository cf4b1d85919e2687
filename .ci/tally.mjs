// Prints what was left out and why, and `N passed, N failed` as the last line; a failed step counts as one failure
// where no test failed, so that the line never looks green over a red run.
import { readFileSync } from "node:fs";

const [file, status] = process.argv.slice(2);
let report = { numPassedTests: 0, numFailedTests: 0, testResults: [] };
try {
  report = JSON.parse(readFileSync(file, "utf8"));
} catch {
  console.log("the tests left no report");
}
let failed = report.numFailedTests;
for (const suite of report.testResults) {
  if (suite.status === "failed" && suite.assertionResults.every((t) => t.status !== "failed")) {
    console.log(`not run: ${suite.name}: ${suite.message}`);
    failed += 1;
  }
  for (const test of suite.assertionResults) {
    if (test.status === "pending" || test.status === "skipped") console.log(`left out: ${test.fullName}`);
  }
}
if (failed === 0 && (status !== "0" || report.numPassedTests === 0)) failed = 1;
console.log(`${report.numPassedTests} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
