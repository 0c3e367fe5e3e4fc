// Contrast of every visible text on a page against what is painted behind it, after WCAG 2.2; the map, whose ground is a picture,
// and what stands on a gradient are left out.
() => {
  const parse = (text) => {
    const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const over = (top, ground) => ({
    r: top.r * top.a + ground.r * (1 - top.a),
    g: top.g * top.a + ground.g * (1 - top.a),
    b: top.b * top.a + ground.b * (1 - top.a),
    a: 1,
  });
  const luminance = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const result = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest("svg, .map-host, script, style, noscript, option, .unseen, :disabled")) continue;
    if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    const layers = [];
    let alpha = 1;
    let unknown = false;
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none") unknown = true;
      layers.push(parse(style.backgroundColor));
      alpha *= Number(style.opacity);
    }
    if (unknown) continue;
    const ground = layers.reverse().reduce((below, layer) => over(layer, below), { r: 255, g: 255, b: 255, a: 1 });
    const colour = parse(getComputedStyle(element).color);
    const ink = over({ ...colour, a: colour.a * alpha }, ground);
    const [light, dark] = [luminance(ink), luminance(ground)].sort((a, b) => b - a);
    const ratio = Math.round((100 * (light + 0.05)) / (dark + 0.05)) / 100;
    const key = `${element.tagName.toLowerCase()}.${element.className} ${ratio}`;
    if (!result.has(key)) result.set(key, { where: key, text: node.data.trim().slice(0, 30), ratio });
  }
  return [...result.values()];
};
