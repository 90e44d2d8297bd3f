/**
 * A service that answers JSON-RPC, one message a line. Says its pid once it listens.
 *
 *   node rpc-process.js PATH
 */
import { pid } from 'node:process';
import { Cleanup } from '../cleanup.js';
import { LineService } from '../line-service.js';

const [path = ''] = process.argv.slice(2);

await LineService.listen(new Cleanup(), path);
console.log(JSON.stringify({ pid }));
