#!/usr/bin/env python3
"""Draws what a soak has sampled: `examples/soak/plot.py soak.csv >soak.svg`. Standard library only."""

import csv
import sys

WIDTH, HEIGHT, LEFT, TOP, PANEL, GAP = 900, 730, 70, 40, 130, 40


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        rows = [{name: int(value) for name, value in row.items()} for row in csv.DictReader(file)]
    last = rows[-1]["second"]
    events = rows[-1]["events"]
    panels = [
        ("resident memory, MiB", [row["rss_kib"] / 1024 for row in rows], "#1f6f8b"),
        ("held by the library, KiB", [row["library_kib"] for row in rows], "#2e7d32"),
        ("descriptors (dark) and tasks (light)", [row["descriptors"] for row in rows], "#444444"),
        ("gaps told so far", [row["gaps"] for row in rows], "#a23b3b"),
    ]
    tasks = [row["tasks"] for row in rows]
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{last} seconds, {events:,} events, {rows[-1]["requests"]:,} requests</text>',
    ]
    for at, (name, values, colour) in enumerate(panels):
        top = TOP + at * (PANEL + GAP)
        most = max(values + (tasks if at == 2 else [])) * 1.1 or 1
        across = WIDTH - LEFT - 20

        def line(series, stroke):
            points = (
                f'{LEFT + row["second"] / last * across:.1f},{top + PANEL - value / most * PANEL:.1f}'
                for row, value in zip(rows, series)
            )
            return f'<polyline fill="none" stroke="{stroke}" stroke-width="1.2" points="{" ".join(points)}"/>'

        out.append(f'<text x="{LEFT}" y="{top - 4}">{name}</text>')
        out.append(f'<rect x="{LEFT}" y="{top}" width="{across}" height="{PANEL}" fill="none" stroke="#bbbbbb"/>')
        for part in (0, 0.5, 1):
            y = top + PANEL - part * PANEL
            out.append(f'<text x="{LEFT - 6}" y="{y + 4:.0f}" text-anchor="end">{most * part:.3g}</text>')
        if at == 2:
            out.append(line(tasks, "#bbbbbb"))
        out.append(line(values, colour))
    for part in range(0, 11):
        x = LEFT + part / 10 * (WIDTH - LEFT - 20)
        out.append(f'<text x="{x:.0f}" y="{HEIGHT - 12}" text-anchor="middle">{last * part / 10 / 60:.1f} min</text>')
    out.append("</svg>")
    print("\n".join(out))


if __name__ == "__main__":
    main()
