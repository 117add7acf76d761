/** Thrown when work took longer than it may. The work itself goes on; its outcome is ignored. */
class TimeLimitError extends Error {
  override readonly name = "TimeLimitError";
}

/** Waits for `work`, but no longer than `timeMsMax`; then throws a TimeLimitError. */
export async function withinTime<Value>(work: Promise<Value>, timeMsMax: number): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TimeLimitError(`more than ${timeMsMax} ms`)), timeMsMax);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
