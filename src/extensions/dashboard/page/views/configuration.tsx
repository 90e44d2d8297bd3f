import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { tokensOf } from '../model/yaml-tokens.js';
import { Card, Empty, Loading } from '../parts/basics.js';
import { usePoll } from '../parts/use-poll.js';

const readText = (response: Response) => response.text();

/** What holds, with every default, and where each value is from. */
export function ConfigurationView(): JSX.Element {
  const { answer, refusal } = usePoll<string>('/v1/configuration', readText);
  const [isCopied, setCopied] = useState(false);
  const copy = async (text: string) => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // Without permission there is no copy; the text can be selected.
      setCopied(false);
    }
  };
  const tools = answer !== undefined && (
    <button type="button" onClick={() => void copy(answer.value)}>
      {isCopied ? 'Copied' : 'Copy'}
    </button>
  );
  return (
    <>
      <h1>Configuration</h1>
      <Card
        title="What holds"
        id="holds"
        note="with every default, and where each value is from; secrets are hidden"
        tools={tools}
      >
        {refusal !== undefined && <Empty title={refusal} />}
        {refusal === undefined && answer === undefined && <Loading rows={10} />}
        {answer !== undefined && <Yaml text={answer.value} />}
      </Card>
    </>
  );
}

function Yaml({ text }: { readonly text: string }): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached with the keyboard
    <pre class="yaml" tabIndex={0}>
      <code>
        {text.split('\n').map((line, i) => (
          <span key={i}>
            {tokensOf(line).map(({ kind, text: part }, j) => (
              <span key={j} class={kind}>
                {part}
              </span>
            ))}
            {'\n'}
          </span>
        ))}
      </code>
    </pre>
  );
}
