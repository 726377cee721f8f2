// What an image answers: numbers, and which map belongs to which question.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { drawn } from './drawn.mjs';
import { screenshot, start } from './harness.mjs';
import { numbers } from './shell.mjs';

const view = await start();

/** The number that a page prints of a score. */
const printed = (text) => Number(text.replace('−', '-').match(/-?\d+\.\d+/)[0]);

const QUESTIONS = {
  'a concept': 'concept=coffee.png',
  'several concepts': 'concept=coffee.png&concept=astronaut.png&concept=more/retina.png',
  'a concept held against others': 'concept=coffee.png&negative=astronaut.png&negative=more/rocket.png',
  'where a concept is and is not': 'concept=coffee.png&difference=1',
  'a class by its name': 'class=tabby',
  'classes by number, and a concept': 'class=281&class=283&concept=coffee.png',
  'the likeliest classes': 'top=3',
  'a part of an image': 'concept=coffee.png%23xywh=40,40,120,100',
  'several methods': 'concept=coffee.png&method=grad-cam,hires-cam,x-grad-cam,layer-cam',
  'another layer and method': 'concept=coffee.png&layer=block11&method=layer-cam',
  'another score': 'concept=coffee.png&target=dot',
};

test('the numbers of every kind of question are those of the command that the page names', async (t) => {
  const page = await view.page(t);
  for (const [what, question] of Object.entries(QUESTIONS)) {
    await page.goto(new URL(`?image=cat.png&${question}`, view.address).href);
    await drawn(page);
    const { queries: [{ questions }] } = await numbers(page, view);
    const figures = page.locator('figure.map');
    assert.equal(await figures.count(), questions.length, what);
    for (const [i, { name, score, method }] of questions.entries()) {
      const text = await figures.nth(i).locator('.number').textContent();
      const digits = text.match(/\.(\d+)/)[1].length;
      assert.equal(printed(text), Number(score.toFixed(digits)), `${what}, ${name}: ${text}`);
      const caption = await figures.nth(i).locator('figcaption').innerText();
      assert.ok(caption.includes(name), `${what}: ${caption} is of ${name}`);
      if (question.includes('method=') && questions.length > 1) assert.ok(caption.includes(`by ${method}`), `${what}: ${caption}`);
    }
    await screenshot(page, `explain-${what.replaceAll(/[ ,']+/g, '-')}`);
  }
});
