/** The page of the views: one file that runs its own script alone, and whose data stay data. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checked, PAGE_LIMIT } from '../../src/mcp/bundle-views.ts';
import { type PageOptions, pageOf, viewPage } from '../../src/mcp/view-page.ts';
import { VIEW_NAMES } from '../../src/views/host/host.ts';

const PARTS = { script: 'document.title = "made";', style: 'body{margin:0}', version: '1.2.3' };
const made = (options: Partial<PageOptions> = {}) => pageOf(PARTS, { view: 'endpoint', ...options });

/** The contents of the elements with a name, as a browser finds them: up to the first text that ends the element. */
function contents(page: string, element: 'script' | 'style'): string[] {
  return [...page.matchAll(new RegExp(`<${element}[^>]*>([\\s\\S]*?)</${element}`, 'gi'))].map(([, text = '']) => text);
}

/** The directives of the policy in the page. */
function policyOf(page: string): Record<string, string> {
  const [, text = ''] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page) ?? [];
  return Object.fromEntries(text.split('; ').map((each) => [each.split(' ', 1)[0], each.replace(/^\S+ ?/, '')]));
}

const source = (text = '') => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

describe('the policy', () => {
  it('lets the script and the style of the page run, by their content, and nothing else', async () => {
    const page = await viewPage({ view: 'workspace' });
    const [script, ...more] = contents(page, 'script');
    const [style, ...others] = contents(page, 'style');
    expect([more, others]).toEqual([[], []]);
    expect(policyOf(page)).toEqual({
      'default-src': "'none'",
      'script-src': source(script),
      'style-src': source(style),
      'img-src': 'data:',
      'base-uri': "'none'",
      'form-action': "'none'",
    });
  });

  it('stands before all that it rules', () => {
    const page = made({ given: {} });
    const policy = page.indexOf('Content-Security-Policy');
    for (const element of ['<style', '<script']) expect(page.indexOf(element)).toBeGreaterThan(policy);
  });

  it('lets the page of the dashboard call the server that it came from', () => {
    const { 'connect-src': connect, ...rest } = policyOf(made({ connect: true }));
    expect(connect).toBe("'self'");
    expect(rest).toEqual(policyOf(made()));
  });
});

describe('the page', () => {
  it.each(VIEW_NAMES)('begins with the view %s', (view) => {
    expect(made({ view })).toContain(`<html lang="en" data-view="${view}" data-host="chat" data-version="1.2.3">`);
  });

  it('says where it lives', () => {
    expect(made({ connect: true })).toContain('data-host="page"');
    expect(made({ given: null })).toContain('data-host="file"');
    expect(made({ connect: true, given: {} })).toContain('data-host="page"');
  });

  it('is small, and takes nothing from elsewhere', async () => {
    const page = await viewPage({ view: 'usage' });
    expect(Buffer.byteLength(page)).toBeLessThanOrEqual(PAGE_LIMIT);
    const loads = /<(?:link|base|img|iframe|object|embed)\b|\b(?:src|href|srcset)=["']/gi;
    expect([...page.matchAll(loads)].map(([found]) => found)).toEqual([]);
    expect(contents(page, 'style').flatMap((style) => style.match(/url\((?!["']?data:)|@import/g) ?? [])).toEqual([]);
  });

  it('has the version of the program, and nothing else of its package.json', async () => {
    const { default: metadata } = await import('../../package.json', { with: { type: 'json' } });
    const page = await viewPage({ view: 'workspace' });
    expect(page.includes(` data-version="${metadata.version}">`)).toBe(true);
    expect(page.includes('devDependencies')).toBe(false);
  });
});

describe('given data', () => {
  const hostile = {
    closing: '</script><script>alert(1)</script>',
    upper: '</SCRIPT >',
    comment: '<!--<script>',
    cdata: ']]><![CDATA[',
    breaks: '\u2028\u2029\r\n\0',
    half: '\ud83d',
    keys: { '</script>': '<' },
  };

  it('come back as they were', () => {
    const [data = ''] = contents(made({ given: hostile }), 'script');
    expect(JSON.parse(data)).toEqual(hostile);
  });

  it('cannot end their element, open another or hide its end', () => {
    const page = made({ given: hostile });
    expect(contents(page, 'script')).toHaveLength(2);
    expect(contents(page, 'script')[1]).toBe(PARTS.script);
    expect(contents(page, 'script')[0]).not.toContain('<');
  });

  it('are data for a browser: no policy lets them run', () => {
    const page = made({ given: hostile });
    expect(page).toContain('<script type="application/json" id="given">');
    expect(policyOf(page)).toEqual(policyOf(made()));
  });
});

describe('a build', () => {
  it('fails when the page is larger than its limit, and says the size', () => {
    const script = 'x'.repeat(PAGE_LIMIT - 1_000 - PARTS.style.length);
    expect(checked({ ...PARTS, script })).toMatchObject({ script });
    expect(() => checked({ ...PARTS, script: `${script}x` })).toThrow(
      `the page of the views takes ${PAGE_LIMIT + 1} bytes, and ${PAGE_LIMIT} is the limit`,
    );
  });

  it('keeps enough room for the frame of the page', () => {
    const frame = made({ connect: true }).length - PARTS.script.length - PARTS.style.length;
    expect(frame).toBeLessThan(1_000);
  });

  it.each(['"</script>"', '"</STYLE>"', '"<!--"', '"\r"', '"\0"'])('fails with %j in a part', (text) => {
    expect(() => checked({ ...PARTS, script: text })).toThrow('the script of the views has a text that an HTML page');
    expect(() => checked({ ...PARTS, style: text })).toThrow('the style of the views has a text that an HTML page');
  });

  it('fails without a script or a style', () => {
    expect(() => checked({ ...PARTS, style: '' })).toThrow('the style of the views is empty');
  });
});
