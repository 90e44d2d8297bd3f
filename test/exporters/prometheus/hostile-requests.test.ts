import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { contentType, negotiate } from '../../../src/exporters/prometheus/negotiate.js';
import { TRANSLATION_STRATEGIES } from '../../../src/exporters/prometheus/translation.js';
import { useCleanup } from '../../support/cleanup.js';
import { Agent } from '../support/exporter-fixture.js';
import { usePrometheusExporter } from './fixture.js';

const OPEN_METRICS = 'application/openmetrics-text;version=1.0.0';

/** As long as a header may be in Node. */
const LONG = 12_000;

const HOSTILE: readonly string[] = [
  ','.repeat(LONG),
  ';'.repeat(LONG),
  '"'.repeat(LONG),
  'q=0.5;'.repeat(LONG / 6),
  'text/plain;version="'.repeat(LONG / 20),
  'text/plain;x="a,b";version=9',
  'text/plain;q=1e0, */*;q=-1',
  '\u00ff/\u00fe;q=\u00fd',
];

/** What a container may call itself, and how a page has it. */
const VALUES: readonly (readonly [value: string, shown: string])[] = [
  ['"} 1', '\\"} 1'],
  ['a\nuds_send_bytes_total 7', 'a\\nuds_send_bytes_total 7'],
  ['back\\slash\\', 'back\\\\slash\\\\'],
  ['# EOF', '# EOF'],
  ['naïve 😀', 'naïve 😀'],
  ['half \ud83d a character', 'half \ufffd a character'],
  ['', ''],
];

describe('the metrics page and hostile requests', () => {
  const start = usePrometheusExporter();
  const cleanup = useCleanup();

  /** All that comes back for requests that are sent at once, the last of which ends the connection. */
  const converse = async ({ address, port }: AddressInfo, requests: string): Promise<string> => {
    const socket = connect(port, address);
    cleanup.defer(() => socket.destroy());
    await once(socket, 'connect');
    socket.write(requests, 'latin1');
    return text(socket);
  };

  for (const accept of HOSTILE) {
    it(`has the plain page for Accept: ${accept.slice(0, 30)}`, async () => {
      assert.equal(contentType(negotiate(accept)), 'text/plain; version=0.0.4; charset=utf-8');
      const { address } = await start(new Agent());
      const request = `GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: ${accept}\r\n\r\n`;
      assert.match(await converse(address, request), /^HTTP\/1\.1 200 .*target_info/s);
    });
  }

  it('answers HEAD and GET that come at once in their order, each in the format it asks for', async () => {
    const { address } = await start(new Agent());
    const lines = 'HTTP/1.1\r\nHost: localhost\r\n';
    const answers = await converse(
      address,
      `HEAD /metrics ${lines}Accept: ${OPEN_METRICS}\r\n\r\n` +
        `GET /metrics ${lines}\r\n` +
        `GET /metrics ${lines}Accept: ${OPEN_METRICS}\r\nConnection: close\r\n\r\n`,
    );
    const [, head, plain, open, ...others] = answers.split('HTTP/1.1 200');
    assert.deepEqual(others, []);
    assert.match(head ?? '', /openmetrics-text.*\r\n\r\n$/s);
    assert.match(plain ?? '', /text\/plain; version=0\.0\.4.*\r\n\r\n.*target_info/s);
    assert.ok(!plain?.includes('# EOF'));
    assert.match(open ?? '', /openmetrics-text.*# EOF\n\r\n0\r\n\r\n$/s);
  });

  it('has OpenMetrics to its end for HTTP/1.0', async () => {
    const { address } = await start(new Agent());
    const answer = await converse(address, `GET /metrics HTTP/1.0\r\nAccept: ${OPEN_METRICS}\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 200 .*\r\n\r\n# HELP target .*\n# EOF\n$/s);
  });

  for (const translation_strategy of TRANSLATION_STRATEGIES) {
    it(`has a line for each value of a label, whatever it is, under ${translation_strategy}`, async () => {
      const agent = new Agent();
      for (const [value] of VALUES) agent.relay(value).send(5);
      const { scrape } = await start(agent, { translation_strategy });
      for (const escaping of ['', ';escaping=allow-utf-8', ';escaping=dots', ';escaping=values']) {
        const page = (await scrape({ headers: { accept: OPEN_METRICS + escaping } })).body.toString();
        const sent = page.split('\n').filter((line) => line.endsWith(' 5'));
        assert.equal(sent.length, VALUES.length, page);
        for (const [i, [, shown]] of VALUES.entries()) assert.ok(sent[i]?.includes(`="${shown}"`), sent[i]);
        assert.equal(page.split('\n').filter((line) => line === '# EOF').length, 1);
      }
    });
  }
});
