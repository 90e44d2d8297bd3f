import { call, failure, notice, reply } from '../protocols/msgpack-rpc/wire.js';
import { conversations } from './support/conversation.js';
import { c, long, s, times } from './support/steps.js';

describe('what is said over MessagePack-RPC is told as both ends know it', () => {
  conversations({
    'Neovim: calls, one of which fails and one of which nobody answers': {
      steps: [
        times(5, (i) => [c(call(i, 'nvim_eval', long(900))), s(reply(i, long(900)))]),
        [c(call(5, 'nvim_command', 'x')), s(failure(5, [0, long(900)]))],
        c(call(6, 'nvim_input', long(20))),
        c(notice('nvim_command', 'x')),
      ],
      told: '5 nvim_eval, 1 nvim_command 0, 1 nvim_input no_response, 1 nvim_command noted',
    },
    'calls of the server, and what it tells': {
      steps: [
        [c(call(0, 'nvim_ui_attach', 80, 24, {})), s(reply(0))],
        times(8, (i) => s(notice('redraw', [long(100 * i)]))),
        times(3, (i) => s(call(i, 'ask', long(600)))),
        times(3, (i) => c(reply(2 - i, long(600)))),
      ],
      told: '1 nvim_ui_attach, 8 redraw noted, 3 ask',
      ms: 'any',
    },
  });
});
