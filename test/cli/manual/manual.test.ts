import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { commandPages } from '../../../src/cli/manual/command-page.js';
import { manualPages } from '../../../src/cli/manual/manual.js';
import { escapeRoff } from '../../../src/cli/manual/roff.js';
import { createProgram } from '../../../src/cli/program.js';
import { repositoryPath } from '../../support/paths.js';

describe('the manual', () => {
  const pages = new Map(manualPages().map(({ file, text }) => [file, text]));

  it('has a page for each command, with all its options', () => {
    const check = (command: Command, name: string) => {
      for (const inner of command.commands) check(inner, `${name}-${inner.name()}`);
      if (command.commands.length > 0 && command.parent !== null) return;
      const text = pages.get(`${name}.1`);
      assert.ok(text, name);
      for (const { flags } of command.options)
        assert.ok(text.includes(escapeRoff(flags)), `${name} ${flags}`);
      for (const argument of command.registeredArguments) assert.ok(text.includes(argument.name()));
      if (command.parent !== null)
        assert.ok(pages.get('udscope.1')?.includes(`${escapeRoff(name)}(1)`), name);
    };
    check(createProgram(), 'udscope');
  });

  it('has every key of the configuration', () => {
    const text = pages.get('otel-config.5') ?? '';
    for (const key of [
      'receivers.uds.sockets[].upstream',
      'processors.capture.max_bytes',
      'exporters.otlphttp.tls.ca_file',
      'service.telemetry.logs.level',
    ])
      assert.ok(text.includes(`\\fB${escapeRoff(key)}\\fR`), key);
  });

  it('is installed with the package', () => {
    const { man } = JSON.parse(readFileSync(repositoryPath('package.json'), 'utf8')) as { man: string[] };
    assert.deepEqual(man, [...pages.keys()].map((file) => `dist/man/${file}`).sort());
  });

  it('shows text as it is, whatever roff makes of it', () => {
    assert.equal(escapeRoff('.TH a\n\'b \\fB --c "…"'), '\\&.TH a\n\\&\'b \\efB \\-\\-c "\\[u2026]"');
    const odd = new Command('odd').description('.so /etc/passwd').option('-x, --x <\\y>', "'it's");
    const text = commandPages(odd, '1')[0]?.text ?? '';
    assert.match(text, /^\\&\.so \/etc\/passwd\.$/m);
    assert.match(text, /^\\fB\\-x, \\-\\-x <\\ey>\\fR\n\\&'it's$/m);
    assert.doesNotMatch(text, /^(?:\.so|')/m);
  });
});
