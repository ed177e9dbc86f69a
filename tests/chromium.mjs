/**
 * The Chromium that is inside @sparticuz/chromium, unpacked once into node_modules/.cache.
 * The package unpacks into TMPDIR at launch and two launches race (spawn ETXTBSY): it does so here in a private folder, which is renamed when complete.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const modules = fileURLToPath(new URL('../node_modules/', import.meta.url));

/** Only these: the package's own list breaks cross-origin isolation. */
export const flags = [
  '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--enable-unsafe-webgpu',
];

/** The path of the executable. */
export function chromium() {
  const { version } = JSON.parse(readFileSync(`${modules}@sparticuz/chromium/package.json`, 'utf8'));
  const folder = `${modules}.cache/chromium-${version}`;
  if (!existsSync(folder)) {
    mkdirSync(`${modules}.cache`, { recursive: true });
    const part = mkdtempSync(`${folder}.`);
    try {
      const script = 'const { default: chromium } = await import("@sparticuz/chromium"); await chromium.executablePath()';
      execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: fileURLToPath(new URL('..', import.meta.url)), env: { ...process.env, TMPDIR: part }, stdio: 'pipe' });
      renameSync(part, folder);
    } catch (error) {
      rmSync(part, { recursive: true, force: true });
      // Another process was first: its folder is as good.
      if (!existsSync(folder)) throw error;
    }
  }
  return `${folder}/chromium`;
}
