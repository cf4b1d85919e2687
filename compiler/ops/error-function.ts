/**
 * erf to about 1e-15. Below 2.5 the series of positive terms `2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!`
 * (Abramowitz and Stegun 7.1.6); above, 1 less the continued fraction of erfc (7.1.14).
 */
export function errorFunction(x: number): number {
  if (x < 0) return -errorFunction(-x);
  if (Number.isNaN(x)) return x;
  if (x > 6) return 1;
  if (x < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let fraction = x;
  for (let n = 60; n >= 1; n--) fraction = x + n / 2 / fraction;
  return 1 - Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}
