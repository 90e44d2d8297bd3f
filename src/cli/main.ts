#!/usr/bin/env node
import { platform } from 'node:process';

if (platform === 'linux') {
  const { runCommandLine } = await import('./command-line.js');
  await runCommandLine(process.argv);
} else {
  process.stderr.write(
    `udscope: runs on Linux only, not on ${platform}: it relays with Linux system calls\n`,
  );
  process.exitCode = 1;
}
