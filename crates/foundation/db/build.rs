//! The migrations are compiled in: this writes the list of the files in both folders. A new file triggers a rebuild.

use std::fmt::Write;
use std::path::{Path, PathBuf};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../../migrations");
    let mut listed = String::new();
    for engine in ["sqlite", "postgres"] {
        listed.push_str(&list(&root.join(engine), engine)?);
    }
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("migrations.rs"), listed)?;
    println!("cargo:rerun-if-changed=../../../migrations");
    Ok(())
}

/// `static SQLITE: [(number, what, text); n]`, from names such as `0010_own_work.sql`.
fn list(folder: &Path, engine: &str) -> Result<String, Failure> {
    let mut files =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<Vec<_>, _>>()?;
    files.sort();
    let mut text = format!("static {}: [(i64, &str, &str); {}] = [\n", engine.to_uppercase(), files.len());
    for file in &files {
        let file = file.to_str().ok_or("the name of a migration is not UTF-8")?;
        let (number, what) = file
            .strip_suffix(".sql")
            .and_then(|stem| stem.split_once('_'))
            .ok_or_else(|| format!("{engine}/{file}: a migration is called 0001_what.sql"))?;
        let (number, what) = (number.parse::<i64>()?, what.replace('_', " "));
        let path = format!("/../../../migrations/{engine}/{file}");
        writeln!(text, "    ({number}, {what:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {path:?}))),")?;
    }
    text.push_str("];\n");
    Ok(text)
}
