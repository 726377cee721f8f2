// How long a step may take, so that a test that waits for nothing fails and says for what.

/** In milliseconds: long for a machine under load. */
export const LIMITS = { start: 60_000, step: 30_000, stop: 10_000 };

/** What the promise promises, or an error that says what took too long. */
export async function within(limit, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it took over ${limit / 1000} s ${what}`)), limit);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
