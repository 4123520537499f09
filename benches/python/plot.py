"""Draws throughput against chunk size, from what `native --points FILE` wrote: plot.py FILE >speed.svg. Standard library only."""

import csv
import math
import sys

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 590, 50, 385
COLOURS = {
    "ews-stream": "#c2410c",
    "quick-xml NsReader": "#1d4ed8",
    "quick-xml Reader": "#60a5fa",
    "xmlparser": "#0f766e",
    "expat": "#7c3aed",
    "libxml2 push": "#a16207",
    "pugixml": "#4b5563",
    "RapidXml": "#111827",
    "exchangelib": "#be185d",
}
NAMES = {"1": "1 byte", "64": "64", "256": "256", "1460": "1460", "16384": "16 KiB", "262144": "256 KiB", "whole": "whole"}


def read(path):
    """The points of each parser: chunk size and MB/s."""
    series = {}
    with open(path, encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            series.setdefault(row["parser"], []).append((row["chunk"], float(row["MB/s"])))
    return series


def spread(wanted, gap):
    """Moves labels apart that would lie on one another."""
    placed = []
    for y, label in sorted(wanted):
        placed.append((max(y, placed[-1][0] + gap) if placed else y, label))
    return placed


def main():
    series = read(sys.argv[1])
    chunks = [chunk for chunk, _ in series["ews-stream"]]
    rates = [rate for points in series.values() for _, rate in points]
    low, high = math.floor(math.log10(min(rates))), math.ceil(math.log10(max(rates)))

    def x(chunk):
        return LEFT + (RIGHT - LEFT) * chunks.index(chunk) / (len(chunks) - 1)

    def y(rate):
        return BOTTOM - (BOTTOM - TOP) * (math.log10(rate) - low) / (high - low)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="26" font-size="15">MB/s by the size of the chunks (events as Exchange writes them)</text>',
    ]
    for power in range(low, high + 1):
        at = y(10**power)
        out.append(f'<line x1="{LEFT}" y1="{at:.1f}" x2="{RIGHT}" y2="{at:.1f}" stroke="#e5e7eb"/>')
        label = f"{10**power:,}" if power >= 0 else f"{10.0**power:g}"
        out.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end" fill="#4b5563">{label}</text>')
    for chunk in chunks:
        out.append(f'<text x="{x(chunk):.1f}" y="{BOTTOM + 20}" text-anchor="middle" fill="#4b5563">{NAMES.get(chunk, chunk)}</text>')
    labels = []
    for parser, points in series.items():
        colour = COLOURS.get(parser, "#6b7280")
        if parser == "exchangelib":
            # looks at each byte for itself, however they come
            points = [(chunk, points[0][1]) for chunk in chunks]
        places = [(x(chunk), y(rate)) for chunk, rate in points]
        if len(places) > 1:
            line = " ".join(f"{px:.1f},{py:.1f}" for px, py in places)
            width = 3 if parser == "ews-stream" else 1.5
            out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
        for px, py in places:
            out.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{colour}"/>')
        labels.append((places[-1][1], (parser, colour)))
    for at, (parser, colour) in spread(labels, 15):
        out.append(f'<text x="{RIGHT + 14}" y="{at + 4:.1f}" fill="{colour}">{parser}</text>')
    note = "A single point: reads whole documents only."
    out.append(f'<text x="{LEFT}" y="{HEIGHT - 12}" fill="#4b5563">{note}</text>')
    print("\n".join([*out, "</svg>"]))


if __name__ == "__main__":
    main()
