//! A file that grows: whatever is appended is read at once, until somebody interrupts it.

use std::fs::{File, Metadata};
use std::io::{self, Seek as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use ews_stream::NotificationParser;

use crate::Printer;
use crate::args::Arguments;
use crate::common::{Failure, open};

/// How often the file is looked at.
const PAUSE: Duration = Duration::from_millis(50);

pub(crate) fn run(
    arguments: &Arguments,
    parser: &mut NotificationParser,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let path = arguments.input.path().unwrap_or_default();
    let interrupted = interrupts()?;
    let mut file = open(path)?;
    while !interrupted.load(Ordering::Relaxed) {
        arguments.input.read(&mut file, |chunk| printer.push(parser, chunk))?;
        sleep(PAUSE);
        // between a rotation's two steps there is no file: the old one may still grow
        let Ok(there) = std::fs::metadata(path) else { continue };
        if there.len() < file.stream_position()? || !is_same(&file, &there)? {
            arguments.input.read(&mut file, |chunk| printer.push(parser, chunk))?; // what came before the new one did
            eprintln!("note: the file begins anew");
            if let Err(error) = parser.finish() {
                eprintln!("note: the one before was cut: {error}");
            }
            parser.reset();
            file = open(path)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn is_same(file: &File, there: &Metadata) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let here = file.metadata()?;
    Ok((here.dev(), here.ino()) == (there.dev(), there.ino()))
}

/// Elsewhere a file that is open is not replaced.
#[cfg(not(unix))]
fn is_same(_: &File, _: &Metadata) -> io::Result<bool> {
    Ok(true)
}

/// Becomes true at Ctrl-C.
fn interrupts() -> io::Result<Arc<AtomicBool>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let interrupted = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&interrupted);
    let (ready, caught) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        runtime.block_on(async {
            let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
            // the first look is what catches it from then on
            std::future::poll_fn(|context| {
                let now = Future::poll(interrupt.as_mut(), context);
                let _ = ready.send(());
                now.map(|_| ())
            })
            .await;
            told.store(true, Ordering::Relaxed);
        });
    });
    let _ = caught.recv();
    Ok(interrupted)
}
