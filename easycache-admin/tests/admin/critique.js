// What is wrong with how a page looks: text and pictures that are too pale, what is wider than the screen, fields without labels.
const found = [];
const channels = color => color.match(/[\d.]+/g).map(Number);
const linear = channel => channel <= .04045 ? channel / 12.92 : ((channel + .055) / 1.055) ** 2.4;
const luminance = color => {
  const [red, green, blue] = channels(color).map(channel => linear(channel / 255));
  return .2126 * red + .7152 * green + .0722 * blue;
};
const behind = element => {
  const color = getComputedStyle(element).backgroundColor;
  const [, , , alpha = 1] = channels(color);
  return alpha > 0 ? color : behind(element.parentElement);
};

const contrast = (one, other) => {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + .05) / (dark + .05);
};

const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const [element, text] = [texts.currentNode.parentElement, texts.currentNode.data.trim()];
  if (!text || !element.checkVisibility() || element.closest('svg')) continue;
  const seen = contrast(getComputedStyle(element).color, behind(element));
  if (seen < 4.5) found.push(`contrast ${seen.toFixed(2)}: ${text.slice(0, 40)}`);
}

const lines = [...document.querySelectorAll('polyline.rate')].map(line => [line, getComputedStyle(line).stroke]);
const bars = [...document.querySelectorAll('rect.bar')].map(bar => [bar, getComputedStyle(bar).fill]);
const pictured = [...lines, ...bars].map(([element, color]) => [color, behind(element)]);
if (lines.length && bars.length) pictured.push([lines[0][1], bars[0][1]]);
for (const [color, ground] of pictured) {
  const seen = contrast(color, ground);
  if (seen < 3) found.push(`picture ${seen.toFixed(2)}: ${color}`);
}

const { clientWidth: width, scrollWidth } = document.documentElement;
if (scrollWidth > width) found.push(`wider than the screen: ${scrollWidth}`);
for (const element of document.querySelectorAll('body *')) {
  if (element.closest('.scroll, .skip, svg') || !element.checkVisibility()) continue;
  const { right, left } = element.getBoundingClientRect();
  if (right > width + 1 || left < -1) found.push(`beside the screen: ${element.tagName} ${element.className}`);
}

for (const field of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
  if (!field.labels.length) found.push(`no label: ${field.name}`);
const levels = [...document.querySelectorAll('h1, h2, h3, h4')].map(heading => Number(heading.tagName[1]));
if (levels[0] != 1 || levels.some((level, at) => at && level > levels[at - 1] + 1)) found.push(`headings: ${levels}`);
for (const cell of document.querySelectorAll('th')) if (!cell.scope) found.push(`no scope: ${cell.innerText}`);
const ids = [...document.querySelectorAll('[id]')].map(element => element.id);
if (new Set(ids).size != ids.length) found.push(`an id twice: ${ids}`);
for (const name of ['aria-labelledby', 'aria-describedby', 'for'])
  for (const element of document.querySelectorAll(`[${name}]`))
    for (const id of element.getAttribute(name).split(' '))
      if (!ids.includes(id)) found.push(`${name} leads nowhere: ${id}`);
for (const part of ['header', 'nav', 'main', 'footer'])
  if (document.querySelectorAll(part).length != 1) found.push(`not one ${part}`);
return found;
