/**
 * Has a command fail when what it prints cannot be written, as to a full disk. A reader that has seen enough, as head(1), is no
 * failure.
 */
export function watchOutput(): void {
  let isSaid = false;
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || isSaid) return;
    isSaid = true;
    process.exitCode = 1;
    process.stderr.write(`udscope: cannot write: ${message}\n`);
  });
  // Nobody is left who could be told. The exit code stays what it is.
  process.stderr.on('error', () => {});
}
