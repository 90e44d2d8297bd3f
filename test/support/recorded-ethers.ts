import assert from 'node:assert/strict';
import {
  IpcSocketProvider,
  type JsonRpcError,
  type JsonRpcPayload,
  JsonRpcProvider,
  type JsonRpcResult,
} from 'ethers';
import { CallRecord } from './call-record.js';
import { identity } from './telling-agent.js';

type Payload = JsonRpcPayload | JsonRpcPayload[];
type Answers = (JsonRpcResult | JsonRpcError)[];

/** What a provider of ethers asks and hears. */
class ProviderRecord extends CallRecord {
  /** Each call that was answered and each notification, as `identity` has it. */
  readonly identities: string[] = [];

  /** A request or batch that is sent, and what comes back. */
  async sent(payload: Payload, answers: Promise<Answers>): Promise<Answers> {
    const startMs = performance.now();
    const all = await answers;
    const seconds = (performance.now() - startMs) / 1000;
    for (const { id, method } of [payload].flat()) {
      const answer = all.find((one) => one.id === id) ?? assert.fail(`${method} was not answered`);
      const code = 'error' in answer ? answer.error.code : undefined;
      this.answered(method, seconds, code);
      this.identities.push(identity(method, String(id), code));
    }
    return all;
  }

  heard(message: string): void {
    const { id, method } = JSON.parse(message) as { id?: number; method?: string };
    if (id !== undefined || method === undefined) return;
    this.notified(method);
    this.identities.push(method);
  }
}

export class RecordedIpcProvider extends IpcSocketProvider {
  readonly record = new ProviderRecord();

  override _send(payload: Payload): Promise<Answers> {
    return this.record.sent(payload, super._send(payload));
  }

  override async _processMessage(message: string): Promise<void> {
    this.record.heard(message);
    await super._processMessage(message);
  }
}

export class RecordedHttpProvider extends JsonRpcProvider {
  readonly record = new ProviderRecord();

  override async _send(payload: Payload): Promise<JsonRpcResult[]> {
    // Its types know no errors, other than the code that reads what this returns.
    return (await this.record.sent(payload, super._send(payload))) as JsonRpcResult[];
  }
}
