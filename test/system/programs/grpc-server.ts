import { argv } from 'node:process';
import { serveGreeter } from './grpc-greeter.js';

/** A process of its own that serves at a path, so that it can be killed. */
await serveGreeter(argv[2]);
