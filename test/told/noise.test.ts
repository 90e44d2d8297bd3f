import { conversations } from './support/conversation.js';
import { answer, ask, c, json, line, long, note, refusal, s, times, turn } from './support/steps.js';

const list = (i: number) => turn({ jsonrpc: '2.0', id: i, method: 'tools/list' }, answer(i, { tools: [] }));
const BOM = '\ufeff';

/** What servers of the Model Context Protocol have printed before their first message, by reports of their users. */
const BANNERS = {
  words: 'STDIO MCP Server started\n',
  'words and a number': 'Azure DevOps MCP Server version : 0.1.0\n',
  'a bracket that closes': '[info] loaded 3 tools\n',
  'a date in brackets': '[2024-01-01 12:00:00] INFO {started}\n',
  'an emoji': '🖥️ Server mode: STDIO\n',
  colours: '\u001b[32minfo\u001b[39m: listening\n',
  'a name in brackets, and a path': '[db] Connected to /var/lib/o8.db\r\n',
  'a word in braces': '{ debug }\n',
  'a number': '42\n',
  'text in quotes': '"ready"\n',
  'the word null': 'null\n',
  'what looks like a request of HTTP': 'GET ready for start\n',
  'what looks like a header': 'Server: started\n',
};

describe('what programs print between their messages', () => {
  conversations(
    Object.fromEntries(
      Object.entries(BANNERS).flatMap(([name, banner]) => [
        [
          `${name}, before the first message`,
          { steps: [s(banner), times(3, list)], told: '3 tools/list, [1 not understood]' },
        ],
        [
          `${name}, behind the first request`,
          {
            steps: [c(line(ask(9, 'initialize'))), s(banner), s(line(answer(9, {}))), times(2, list)],
            told: '1 initialize, 2 tools/list, [1 not understood]',
            ms: [20, 10, 10],
          },
        ],
        [
          `${name}, between two messages`,
          { steps: [list(1), s(banner), times(2, list)], told: '3 tools/list, [1 not understood]' },
        ],
        [
          `${name}, in one write with a message on each side`,
          {
            steps: [
              c(line(ask(1, 'a')) + line(ask(2, 'b'))),
              s(line(answer(1, 0)) + banner + line(answer(2, 0))),
            ],
            told: '1 a, 1 b, [1 not understood]',
          },
        ],
      ]),
    ),
  );
  conversations({
    'console.log of an object, over many lines': {
      steps: [
        list(0),
        s("Found 2 shops: [\n  { id: 1, title: 'x' },\n  { id: 2, title: 'y' }\n]\n"),
        times(2, list),
      ],
      told: '3 tools/list, [n not understood]',
    },
    'console.log of JSON, indented': {
      steps: [
        list(0),
        s(`Request: GET /x\n${JSON.stringify({ level: 'info', headers: { a: [1] } }, undefined, 2)}\n`),
        times(2, list),
      ],
      told: '3 tools/list, [n not understood]',
    },
    'pino: a log of JSON lines, first and between': {
      steps: [
        s(line({ level: 30, time: 1700000000000, pid: 1, msg: 'started' })),
        times(2, list),
        s(line({ level: 30, time: 1700000000001, pid: 1, msg: long(900) })),
        list(3),
      ],
      told: '3 tools/list, [2 not understood]',
    },
    'a line that begins as JSON begins and never ends': {
      steps: [list(0), s('Got messages from sync\n[debug] {\n'), times(2, list)],
      told: '3 tools/list, [2 not understood]',
    },
    'a hundred lines of a log before the first message': {
      steps: [
        times(100, (i) => s(`2024-01-01 INFO line ${i} of a start that takes its time\n`)),
        times(3, list),
      ],
    },
    'a shell greets before the program does, with the end of a line of its own': {
      steps: [s('Last login: Mon Jan  1 on ttys000\r\n\r\n'), times(3, list)],
      told: '3 tools/list, [1 not understood]',
    },
    'a client that greets': {
      steps: [c('hello\n'), s(line(refusal(null, -32700, 'Parse error'))), times(3, list)],
      told: '3 tools/list, [1 not understood], [1 unmatched]',
    },
    'empty lines between messages': {
      steps: times(3, (i) => [c(`\n\n${line(ask(i, 'a'))}`), s('\r\n', line(answer(i, 0)), '\n')]),
      told: '3 a',
    },
    'a byte order mark before the first line of each side': {
      steps: [c(BOM + line(ask(1, 'initialize'))), s(BOM + line(answer(1, {}))), times(2, list)],
      told: '1 initialize, 2 tools/list',
    },
    'a byte order mark before every message: a writer of .NET for each': {
      steps: times(3, (i) => [c(BOM + line(ask(i, 'a'))), s(BOM + line(answer(i, long(i * 700))))]),
      told: '3 a',
    },
    'a byte order mark before every text that nothing ends': {
      steps: times(3, (i) => [c(BOM + json(ask(i, 'a'))), s(BOM + json(answer(i, long(i * 700))))]),
      told: '3 a',
    },
    'a first text in one line, and pretty ones behind it, with notes between': {
      steps: [
        turn(ask(1, 'a'), answer(1, 1)),
        times(3, (i) => [
          c(`${JSON.stringify(ask(2 + i, 'b'), undefined, 4)}\n`),
          s(
            `${JSON.stringify(note('n', { a: long(600) }), undefined, 2)}\n${JSON.stringify(answer(2 + i, [[1], {}]), undefined, 2)}\n`,
          ),
        ]),
        turn(ask(9, 'c'), answer(9, 1)),
      ],
      told: '1 a, 3 b, 3 n noted, 1 c',
    },
    'half a message, and the program starts again': {
      steps: [list(0), s('{"jsonrpc":"2.0","id":1,"resu\n'), s('Server restarted\n'), times(2, list)],
      told: '3 tools/list, [n not understood]',
    },
  });
});
