//! Checks a log in a folder, with nothing but its public key: `verify FOLDER KEY [EARLIER_CHECKPOINT…]`. Ends with 1 when it is not right.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it says what it found")]

use std::process::ExitCode;

use linli_publiclog::{Audited, Checkpoint, Folder, Log, audit};

fn main() -> ExitCode {
    match checked() {
        Ok(found) => {
            let Checkpoint { origin, size, root, .. } = found.checkpoint;
            println!("{origin}: {size} entries and {} tiles are right, root {root}", found.tiles);
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn checked() -> Result<Audited, Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let (Some(folder), Some(key)) = (words.next(), words.next()) else {
        return Err("verify FOLDER KEY [EARLIER_CHECKPOINT…]".into());
    };
    let log = Log::of(key.parse()?);
    let earlier: Result<Vec<Checkpoint>, Box<dyn std::error::Error>> =
        words.map(|file| Ok(Checkpoint::open(&std::fs::read(file)?, &log)?)).collect();
    Ok(audit(&mut Folder(folder.into()), &log, &earlier?, |_, _| ())?)
}
