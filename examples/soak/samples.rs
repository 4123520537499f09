//! What the process holds, second by second. The figures are Linux's; elsewhere they are 0, and nothing is judged.

use std::fs::File;
use std::io::{self, BufWriter, Write};

pub(crate) struct Samples {
    csv: BufWriter<File>,
    rows: Vec<Row>,
}

#[derive(Clone, Copy)]
struct Row {
    kibibytes: u64,
    descriptors: usize,
    tasks: usize,
}

impl Samples {
    pub(crate) fn new(path: &str) -> io::Result<Self> {
        let mut csv = BufWriter::new(File::create(path)?);
        writeln!(csv, "second,rss_kib,descriptors,tasks,connections,events,gaps,requests")?;
        Ok(Self { csv, rows: vec![] })
    }

    /// One row: `more` are the figures that only the caller knows.
    pub(crate) fn take(&mut self, second: u64, more: [u64; 4]) -> io::Result<()> {
        let row = Row {
            kibibytes: resident(),
            descriptors: std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count),
            tasks: tokio::runtime::Handle::current().metrics().num_alive_tasks(),
        };
        let [connections, events, gaps, requests] = more;
        let Row { kibibytes, descriptors, tasks } = row;
        writeln!(self.csv, "{second},{kibibytes},{descriptors},{tasks},{connections},{events},{gaps},{requests}")?;
        self.csv.flush()?;
        self.rows.push(row);
        Ok(())
    }

    /// Memory in the last third against that in the second: the first is for buffers to grow. Descriptors and tasks must
    /// have gone when all is closed.
    pub(crate) fn verdict(&self) -> Result<String, String> {
        let third = self.rows.len() / 3;
        let most = |rows: &[Row]| rows.iter().map(|row| row.kibibytes).max().unwrap_or_default();
        let (before, after) = (most(&self.rows[third..2 * third]), most(&self.rows[2 * third..]));
        let descriptors = self.rows.iter().map(|row| row.descriptors).max().unwrap_or_default();
        let tasks = self.rows.iter().map(|row| row.tasks).max().unwrap_or_default();
        let Some(last) = self.rows.last() else { return Err("no samples".to_owned()) };
        let text = format!(
            "memory: at most {before} KiB in the second third, {after} KiB in the last; descriptors: at most {descriptors}, \
             {} at the end; tasks: at most {tasks}, {} at the end",
            last.descriptors, last.tasks
        );
        let flat = after <= before + before / 20 + 1024;
        // the server's, and those of a connection or two that are kept alive for a while
        let gone = last.descriptors <= self.rows[0].descriptors + 4 && last.tasks <= self.rows[0].tasks + 4;
        if flat && gone { Ok(format!("PASSED: {text}")) } else { Err(text) }
    }
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
