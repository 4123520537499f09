//! What a real server sent.

use std::fs;
use std::path::Path;

use ews_stream::NotificationParser;

/// The captured bodies that are read without an error, one after the other, until there are `size` bytes.
pub fn bodies(size: usize) -> Vec<u8> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors(); // `native` is a crate of its own
    let folder = above.map(|folder| folder.join("corpus/captures")).find(|folder| folder.is_dir());
    let folder = folder.expect("the captures are in the repository");
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "body"))
        .collect();
    paths.sort();
    let bodies: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).unwrap()).filter(|body| is_read(body)).collect();
    let all = bodies.concat();
    assert!(!all.is_empty(), "no body in {} is a whole stream", folder.display());
    all.repeat(size.div_ceil(all.len()))
}

/// Neither an error page nor cut off.
fn is_read(mut body: &[u8]) -> bool {
    let mut parser = NotificationParser::new();
    loop {
        match parser.next_message(&mut body) {
            Ok(Some(_)) => {}
            Ok(None) => return parser.finish().is_ok(),
            Err(_) => return false,
        }
    }
}
