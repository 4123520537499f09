//! What was measured, as Markdown.

use std::fmt::Write as _;
use std::fs;

use crate::turns::Entrant;

/// An input's name and length; each parser's name, best time, and how many times as long as ours it took.
type Input = (&'static str, usize, Vec<(String, f64, f64)>);

pub(crate) fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let of = |key: &str| {
        let line = info.lines().find(|line| line.starts_with(key));
        line.and_then(|line| line.split(':').nth(1)).unwrap_or("?").trim().to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kind = format!("{} (family {}, model {})", of("model name"), of("cpu family"), of("model\t"));
    format!("{kind}, {cores} cores, {}", std::env::consts::ARCH)
}

pub(crate) fn whole(measured: &[Input]) -> String {
    let mut out = String::new();
    let names = || measured[0].2.iter().map(|(name, _, _)| name);
    out.push_str("\nWhole documents: MB/s of the best times\n\n| input |");
    names().for_each(|name| write!(out, " {name} |").unwrap());
    write!(out, "\n|---|{}\n", "---:|".repeat(names().count())).unwrap();
    for (input, size, parsers) in measured {
        write!(out, "| {input} |").unwrap();
        for (_, best, _) in parsers {
            write!(out, " {:.0} |", *size as f64 / 1e6 / best).unwrap();
        }
        out.push('\n');
    }
    out.push_str(
        "\nThe same: how many times as fast ews-stream is, by best times (by the median of the rounds)\n\n| input |",
    );
    names().skip(1).for_each(|name| write!(out, " {name} |").unwrap());
    write!(out, "\n|---|{}\n", "---:|".repeat(names().count() - 1)).unwrap();
    for (input, _, parsers) in measured {
        write!(out, "| {input} |").unwrap();
        let ours = parsers[0].1;
        for (_, best, median) in &parsers[1..] {
            write!(out, " {:.2} ({median:.2}) |", best / ours).unwrap();
        }
        out.push('\n');
    }
    out
}

pub(crate) fn fresh(size: usize, times: &[(String, f64)]) -> String {
    let mut out =
        format!("\nA fresh parser, from making to dropping it, over one document of {size} bytes with one event\n");
    out.push_str("\n| parser | ns | × ews-stream |\n|---|---:|---:|\n");
    for (name, best) in times {
        writeln!(out, "| {name} | {:.0} | {:.2} |", best * 1e9, best / times[0].1).unwrap();
    }
    out
}

pub(crate) fn chunks(size: usize, chunks: &[usize], points: &[(String, usize, f64)]) -> String {
    let rate = |parser: &str, chunk: usize| {
        points.iter().find(|(name, at, _)| name == parser && *at == chunk).map_or(f64::NAN, |(_, _, rate)| *rate)
    };
    let mut out = format!("\n`compact`, {size} bytes, in chunks: MB/s of the best times\n\n");
    out.push_str("| chunk | ews-stream | of whole | expat | libxml2 push | × expat | × libxml2 |\n");
    out.push_str("|---|---:|---:|---:|---:|---:|---:|\n");
    for &chunk in chunks {
        let [ours, expat, libxml2] = ["ews-stream", "expat", "libxml2 push"].map(|parser| rate(parser, chunk));
        let share = ours / rate("ews-stream", usize::MAX);
        let name = if chunk == usize::MAX { "whole".to_owned() } else { chunk.to_string() };
        write!(out, "| {name} | {ours:.0} | {share:.3} | {expat:.1} | {libxml2:.1} |").unwrap();
        writeln!(out, " {:.1} | {:.1} |", ours / expat, ours / libxml2).unwrap();
    }
    out
}

pub(crate) fn python(size: usize, ways: &[Entrant<'_>]) -> String {
    let mut out =
        format!("\nexchangelib's own way, `compact`, {size} bytes\n\n| parser | MB/s | × as long as ews-stream |\n");
    out.push_str("|---|---:|---:|\n");
    for way in ways {
        let rate = size as f64 / 1e6 / way.best();
        writeln!(out, "| {} | {rate:.2} | {:.0} |", way.name, way.best() / ways[0].best()).unwrap();
    }
    out
}
