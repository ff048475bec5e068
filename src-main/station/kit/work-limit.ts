// A limit for work in another thread, counted in what the processor did and not by the clock on the wall.
//
// What hangs uses the processor: time in which the station got none, or waited for its disk, is not held against the work. That
// a machine was busy would else be said of a good picture, and stay. After six times the limit it is over all the same.

/** How many times its limit the work may take on a machine that does other things. */
const mostWaits = 6;

/** Calls `end` when the work has had its time; the returned function takes that back. Never before `limitMs` are over. */
export function limitWork(limitMs: number, end: () => void): () => void {
  const atMs = performance.now();
  const used = process.cpuUsage();
  const look = () => {
    const { user, system } = process.cpuUsage(used);
    const leftMs = Math.min(limitMs - (user + system) / 1000, mostWaits * limitMs - (performance.now() - atMs));
    if (leftMs <= 0) end();
    else timer = setTimeout(look, leftMs);
  };
  let timer = setTimeout(look, limitMs);
  return () => clearTimeout(timer);
}
