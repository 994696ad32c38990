// A real browser on a line: one JSON command per line in, one JSON answer per line out.
//   {"do": "goto", "who": "alice", "url": …}    opens a page in the window of `who`; every `who` has cookies of its own
//   {"do": "fill", "who", "fields": {"#id": "text"}}   {"do": "click", "who", "what": "#id"}   waits for the next page
//   {"do": "read", "who", "what": "#id"}   {"do": "script", "who", "code"}   {"do": "cookies", "who"}
//   {"do": "wait", "who", "code"}    until this is true of the page
//   {"do": "headers", "who", "headers": {…}}    sent with every request from now on
import {createInterface} from 'node:readline';
import {chromium} from 'playwright-core';

const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],  // tests may run as root, in containers
});
const windows = new Map();

async function pageOf(who) {
  if (!windows.has(who)) {
    const context = await browser.newContext({ignoreHTTPSErrors: true});
    windows.set(who, await context.newPage());
  }
  return windows.get(who);
}

const commands = {
  goto: async (page, {url}) => (await page.goto(url)).status(),
  fill: async (page, {fields}) => {
    for (const [what, text] of Object.entries(fields)) await page.fill(what, text);
  },
  click: async (page, {what}) => {
    await Promise.all([page.waitForNavigation(), page.click(what)]);
  },
  read: async (page, {what}) => await page.locator(what).count() ? await page.textContent(what) : null,
  script: (page, {code}) => page.evaluate(code),
  wait: async (page, {code}) => { await page.waitForFunction(code, undefined, {timeout: 120_000}); },
  cookies: page => page.context().cookies(),
  headers: (page, {headers}) => page.context().setExtraHTTPHeaders(headers),
};

console.log(JSON.stringify({ok: browser.version()}));
for await (const line of createInterface({input: process.stdin})) {
  const command = JSON.parse(line);
  try {
    const page = await pageOf(command.who);
    console.log(JSON.stringify({ok: await commands[command.do](page, command) ?? null}));
  } catch (error) {
    console.log(JSON.stringify({error: String(error)}));
  }
}
await browser.close();
