import assert from 'node:assert/strict';
import type { Command } from 'commander';
import { completionOf, startingWith } from '../../../src/cli/completion/candidates.js';
import { ARGUMENT_VALUES, OPTION_VALUES } from '../../../src/cli/completion/values.js';
import { createProgram } from '../../../src/cli/program.js';
import { PROTOCOL_NAMES } from '../../../src/protocols/names.js';

const program = createProgram();

const completion = (...words: string[]) => completionOf(program, words);
const wordsFor = (...words: string[]) => completion(...words).candidates.map(({ word }) => word);
const kindFor = (...words: string[]) => completion(...words).rest.kind;

function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

describe('completion of a command line', () => {
  it('knows what stands behind every option, and for every argument', () => {
    for (const command of allCommands(program)) {
      for (const { required, optional, argChoices, long, flags } of command.options) {
        const isKnown =
          !(required || optional) || argChoices !== undefined || Object.hasOwn(OPTION_VALUES, long ?? '');
        assert.ok(isKnown, `${command.name()} ${flags}`);
      }
      for (const argument of command.registeredArguments) {
        const isKnown = argument.argChoices !== undefined || Object.hasOwn(ARGUMENT_VALUES, argument.name());
        assert.ok(isKnown, `${command.name()} ${argument.name()}`);
      }
    }
  });

  it('offers commands, and what they are for', () => {
    assert.deepEqual(wordsFor('ta'), ['tail']);
    assert.deepEqual(wordsFor('config', ''), ['print', 'help']);
    assert.deepEqual(wordsFor('help', 'val'), ['validate']);
    assert.equal(wordsFor('').length, program.commands.length + 1);
    assert.match(completion('schema').candidates[0]?.says ?? '', /JSON Schema/);
  });

  it('offers the options of a command', () => {
    assert.deepEqual(wordsFor('tail', '--pro'), ['--protocol']);
    assert.ok(wordsFor('relay', 'a', 'b', '-').includes('--no-control'));
    assert.deepEqual(wordsFor('config', 'print', '--or'), ['--origins']);
    assert.deepEqual(wordsFor('tail', '--', '--pro'), []);
  });

  it('offers values', () => {
    assert.deepEqual(wordsFor('tail', '--protocol', ''), PROTOCOL_NAMES);
    assert.deepEqual(wordsFor('top', '--view', 'so'), ['sockets']);
    assert.deepEqual(wordsFor('top', '--view=so'), ['--view=sockets']);
    assert.deepEqual(wordsFor('completion', 'z'), ['zsh']);
    assert.equal(kindFor('run', '-c', ''), 'file');
    assert.equal(kindFor('run', '--config', 'a', '--set', ''), 'nothing');
    assert.equal(kindFor('init', ''), 'file');
    assert.equal(kindFor('tail', '--socket', ''), 'socket');
    assert.equal(kindFor('tail', '--container', ''), 'container');
    assert.equal(kindFor('unregister', '--container', ''), 'containerId');
    assert.equal(kindFor('status', ''), 'nothing');
    assert.equal(kindFor('tail', '--pcapng', ''), 'file');
    assert.deepEqual(wordsFor('tail', '--pcapng', '--soc'), ['--socket']);
    assert.equal(kindFor('tail', '--pcapng', '--socket', ''), 'socket');
  });

  it('asks the agent that was named', () => {
    assert.equal(completion('tail', '--control', '/x', '--socket', '').control, '/x');
    assert.equal(completion('tail', '--control=/y', '--socket', '').control, '/y');
    assert.equal(completion('tail', '--socket', '').control, undefined);
  });

  it('completes the command that is supervised', () => {
    assert.deepEqual(wordsFor('supervise', '--', 'udscope', 'ru'), ['run']);
    assert.equal(kindFor('supervise', '--', 'udscope', 'run', '--config', ''), 'file');
  });

  it('offers no word that a shell or a terminal would take for something else', () => {
    const names = ['plain-1.x', '$(reboot)', '-rf', 'a b', 'x\ny', '\x1b[2J', ':files', '`id`', 'a;b', ''];
    assert.deepEqual(
      startingWith('', names).map(({ word }) => word),
      ['plain-1.x'],
    );
  });
});
