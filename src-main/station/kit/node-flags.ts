// With what words Node starts a station; the scripts of package.json say the same.
//
// A young generation that may grow to 16 MiB is kept by V8 for good once a burst filled it, three times over: 100 to 120 MiB of
// a station that rests. With 4 MiB nothing was slower (receiving small images: the same CPU for each).
export const nodeFlags = ['--max-semi-space-size=4'];
