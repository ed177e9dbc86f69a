/** `nadir networks configs`: the built-in configurations, as a table or as files to edit. */
import { NadirError } from '../../core/errors.ts';
import { further, published } from '../../configs/networks.ts';
import { files } from '../../platform/index.ts';
import { reason, table, write, type Command } from '../shared.ts';

export const configs: Command = {
  name: 'networks configs',
  about: 'the built-in configurations, as a table or as JSON files to edit',
  options: {
    out: { type: 'string', about: 'a folder for the files; what is there under their names is written over' },
    json: { type: 'boolean', about: 'one JSON document' },
  },
  async run(values, io) {
    const all = [...published, ...further];
    const folder = (values.out as string | undefined)?.replace(/(?<=.)\/+$/, '');
    if (folder !== undefined) {
      await files.folder(folder, true).catch((error: unknown) => {
        throw new NadirError('store', `${folder} cannot be made: ${reason(error)}`);
      });
      for (const config of all) await write(`${folder}/${config.name}.json`, `${JSON.stringify(config, null, 2)}\n`);
    }
    if (values.json) io.out(JSON.stringify(all));
    else if (folder !== undefined) io.out(`${all.length} files in ${folder}; nadir networks train --config ${folder}/${all[0]!.name}.json trains one of them`);
    else io.out(table([['configuration', 'about'], ...all.map(({ name, about }) => [name, about])]));
  },
};
