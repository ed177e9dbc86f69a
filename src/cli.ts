#!/usr/bin/env node
/** The command line: finds the command, runs it, and turns what went wrong into one sentence and an exit code. */
import { NadirError, messageOf, nearest, show } from './core/errors.ts';
import { commands } from './commands/index.ts';
import { parse, shape, type Command, type Io } from './commands/shared.ts';
import { version } from './version.ts';

/** Codes of errors that are the user's to mend; the rest exit with 1. */
const USAGE = new Set(['input', 'name', 'space', 'gradient', 'state']);

let lost = false;

async function main(args: readonly string[]): Promise<number> {
  const word = args[0];
  if (word === '--version' || word === '-v') {
    write(version);
    return 0;
  }
  if (word === undefined || word === '--help' || word === '-h' || word === 'help') {
    write(help());
    return 0;
  }
  const stop = new AbortController();
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(130); // a second Ctrl-C means now
    stop.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const terminal = process.stderr.isTTY === true;
  let shown = false;
  const clear = (): void => {
    if (shown) process.stderr.write('\r\x1b[K');
    shown = false;
  };
  const io: Io = {
    out: (text) => {
      clear();
      write(text);
    },
    note: (text) => {
      clear();
      console.error(text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd')); // a message may quote what a stranger wrote
    },
    progress: (text) => {
      if (!terminal) return;
      process.stderr.write(`\r\x1b[K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
      shown = true;
    },
    signal: stop.signal,
  };
  try {
    const { command, rest } = pick(commands, args);
    if (rest.includes('--help') || rest.includes('-h')) {
      io.out(usage(command));
      return 0;
    }
    await command.run(parse(command, rest), io);
    return 0;
  } catch (error) {
    const code = (error as NadirError | null)?.name === 'NadirError' ? (error as NadirError).code : undefined;
    io.note(`nadir: ${messageOf(error)}`);
    if (code === undefined && process.env.NADIR_DEBUG) console.error(error);
    return code !== undefined && USAGE.has(code) ? 2 : 1;
  } finally {
    clear();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/** The command that the first word names, or the first two. */
function pick(list: readonly Command[], [word, ...rest]: readonly string[], group?: Command): { command: Command; rest: readonly string[] } {
  if (group && (word === '--help' || word === '-h')) return { command: group, rest: [word] };
  const names = list.map((c) => (group ? c.name.slice(group.name.length + 1) : c.name));
  if (word === undefined) throw new NadirError('input', `${group!.name} needs a second word; have ${names.join(', ')}`);
  const command = list[names.indexOf(word)];
  if (command === undefined) {
    const near = nearest(word, names);
    throw new NadirError('input', `unknown command ${show(group ? `${group.name} ${word}` : word)}; ${near ? `did you mean ${near}? ` : ''}have ${names.join(', ')}`);
  }
  return command.commands ? pick(command.commands, rest, command) : { command, rest };
}

/** A line on standard output. An answer that cannot be written is a failure; that nobody reads on (`| head`) is none. */
function write(text: string): void {
  process.stdout.write(`${text}\n`, (error) => {
    if (!error || lost || (error as NodeJS.ErrnoException).code === 'EPIPE') return;
    lost = true;
    console.error(`nadir: the answer cannot be written: ${messageOf(error)}`);
  });
}

function help(): string {
  return [`nadir ${version} finds minima`, '', 'usage: nadir COMMAND [options]', '', ...commands.map((c) => `  ${c.name.padEnd(10)} ${c.about}`), '', 'nadir COMMAND --help shows its options'].join('\n');
}

function usage(command: Command): string {
  const lines = Object.entries(command.options).map(([name, { type, about }]) => `  ${`--${name}${type === 'string' ? ' VALUE' : ''}`.padEnd(22)} ${about}`);
  if (command.commands) return [`usage: nadir ${command.name} COMMAND [options]`, '', command.about, '', ...command.commands.map((c) => `  ${c.name.padEnd(16)} ${c.about}`), '', `nadir ${command.name} COMMAND --help shows its options`].join('\n');
  return [`usage: nadir ${[command.name, ...shape(command.words)].join(' ')} [options]`, '', command.about, '', ...lines].join('\n');
}

process.stdout.on('error', () => {}); // said by `write`
const alive = setInterval(() => {}, 0x7fffffff); // an objective that never answers must not end the process in silence
const code = await main(process.argv.slice(2));
clearInterval(alive);
// A module may hold timers or sockets of its own: leave when what was said is written.
process.stdout.write('', () => process.stderr.write('', () => process.exit(lost ? 1 : code)));
