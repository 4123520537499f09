//! What the process holds, second by second. The figures are Linux's; elsewhere they are 0, and nothing is judged.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use crate::heap::held;

pub(crate) struct Samples {
    csv: BufWriter<File>,
    rows: Vec<Row>,
}

#[derive(Clone, Copy)]
struct Row {
    resident: u64,
    /// What the library holds, and what the rest does.
    held: (u64, u64),
    descriptors: usize,
    tasks: usize,
}

impl Samples {
    pub(crate) fn new(path: &str) -> io::Result<Self> {
        let mut csv = BufWriter::new(File::create(path)?);
        writeln!(csv, "second,rss_kib,library_kib,rest_kib,descriptors,tasks,connections,events,gaps,requests")?;
        Ok(Self { csv, rows: vec![] })
    }

    /// One row: `more` are the figures that only the caller knows.
    pub(crate) fn take(&mut self, second: u64, more: [u64; 4]) -> io::Result<()> {
        let row = Row {
            resident: resident(),
            held: held(),
            descriptors: std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count),
            tasks: tokio::runtime::Handle::current().metrics().num_alive_tasks(),
        };
        let [connections, events, gaps, requests] = more;
        let Row { resident, held: (library, rest), descriptors, tasks } = row;
        write!(self.csv, "{second},{resident},{library},{rest},{descriptors},{tasks},")?;
        writeln!(self.csv, "{connections},{events},{gaps},{requests}")?;
        self.csv.flush()?;
        self.rows.push(row);
        Ok(())
    }

    /// The last third against the second: the first is for buffers to grow. The library may hold no more at any time. In server
    /// and judge what waits during an outage comes and goes by megabytes: of what they hold the median counts, and of the
    /// resident memory of all the most. (Its median is told, but says how much the allocator has not given back.)
    /// Descriptors and tasks must have gone when all is closed.
    pub(crate) fn verdict(&self) -> Result<String, String> {
        let third = self.rows.len() / 3;
        let (second, last) = (&self.rows[third..2 * third], &self.rows[2 * third..]);
        let most = |rows: &[Row]| rows.iter().map(|row| row.held.0).max().unwrap_or_default();
        let peak = |rows: &[Row]| rows.iter().map(|row| row.resident).max().unwrap_or_default();
        let usual = |rows: &[Row], of: fn(&Row) -> u64| {
            let mut all: Vec<u64> = rows.iter().map(of).collect();
            all.sort_unstable();
            all.get(all.len() / 2).copied().unwrap_or_default()
        };
        let both = |of: fn(&Row) -> u64| (usual(second, of), usual(last, of));
        let (library, rest, resident) = ((most(second), most(last)), both(|row| row.held.1), both(|row| row.resident));
        let peaks = (peak(second), peak(last));
        let descriptors = self.rows.iter().map(|row| row.descriptors).max().unwrap_or_default();
        let tasks = self.rows.iter().map(|row| row.tasks).max().unwrap_or_default();
        let Some(end) = self.rows.last() else { return Err("no samples".to_owned()) };
        let text = format!(
            "library: at most {} KiB in the second third, {} KiB in the last; server and judge: {} and {} KiB in the median; \
             resident memory: {} and {} KiB in the median, \
             {} and {} at most; descriptors: at most {descriptors}, {} at the end; tasks: at most {tasks}, {} at the end",
            library.0, library.1, rest.0, rest.1, resident.0, resident.1, peaks.0, peaks.1, end.descriptors, end.tasks
        );
        let flat = library.1 <= library.0 + library.0 / 20 + 4
            && rest.1 <= rest.0 + rest.0 / 20 + 512
            && peaks.1 <= peaks.0 + peaks.0 / 20 + 1024;
        // the server's, and those of a connection or two that are kept alive for a while
        let gone = end.descriptors <= self.rows[0].descriptors + 4 && end.tasks <= self.rows[0].tasks + 4;
        if flat && gone { Ok(format!("PASSED: {text}")) } else { Err(text) }
    }
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
