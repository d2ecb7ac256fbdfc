//! The program and the driver of the browser, started once and ended with the last journey.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Making the demonstration with an unoptimised program may take this long.
const MAKING: Duration = Duration::from_secs(600);
const STARTING: Duration = Duration::from_secs(60);

/// A child process that ends with its owner.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program on its demonstration, and the driver.
pub struct House {
    program: Option<Ended>,
    driver: Option<Ended>,
    folder: TempDir,
    /// The program itself, for what is done on the machine.
    binary: PathBuf,
    /// Where the program answers.
    pub address: SocketAddr,
    /// Where the driver answers, as a URL.
    pub driver_url: String,
    /// The code of the board to begin with.
    pub board: String,
    /// The name of the estate it stands in.
    pub estate: String,
    /// The browser's program, `None` for the driver's own choice.
    pub chromium: Option<PathBuf>,
    passwords: BTreeMap<String, String>,
}

/// What was answered to a report over HTTP.
#[derive(Debug, Clone)]
pub struct Line {
    /// The number of the case.
    pub number: String,
    /// Its id.
    pub id: String,
    /// The path of the private link.
    pub link: String,
}

impl House {
    /// Starts both, or says what is missing: `Ok(Err(why))` when the environment does not name the programs.
    ///
    /// `LINLI_BIN` and `CHROMEDRIVER` name them, `CHROMIUM` the browser. `LINLI_DEMO` may name the folder of a demonstration
    /// that is ready; a copy of it is used, which saves its making.
    ///
    /// # Errors
    /// One of them does not start.
    pub async fn open() -> anyhow::Result<Result<Self, String>> {
        let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let (Some(program), Some(driver)) = (named("LINLI_BIN"), named("CHROMEDRIVER")) else {
            return Ok(Err("LINLI_BIN and CHROMEDRIVER must name the program and the driver".to_owned()));
        };
        let folder = tempfile::Builder::new().prefix("linli-e2e").tempdir()?;
        let data = folder.path().join("data");
        if let Some(ready) = named("LINLI_DEMO") {
            copy_folder(&ready, &data)?;
            // The watch begins anew from the consents: after a leap of its clock it would hold alarms for ten minutes.
            drop(std::fs::remove_dir_all(data.join("watch")));
        }
        let (driver, port) = start(Command::new(&driver).arg("--port=0"), STARTING, |line| {
            line.rsplit_once("started successfully on port ")?.1.trim_end_matches('.').parse::<u16>().ok()
        })
        .context("chromedriver")?;
        let binary = program;
        let mut command = Command::new(&binary);
        command.arg("--data").arg(&data).args(["demo", "--listen", "127.0.0.1:0"]).env("LINLI_UNLIMITED", "1");
        let (program, address) =
            start(&mut command, MAKING, |line| line.strip_prefix("Linli answers at http://")?.trim().parse().ok())
                .context("linli demo")?;
        let sheet = std::fs::read_to_string(data.join("logins.txt")).context("the sheet of logins")?;
        let board = sheet.lines().find_map(|line| Some(line.split_once("/b/")?.1.trim().to_owned())).context("no board")?;
        let login = |line: &str| {
            let mut words = line.strip_prefix("  ")?.split_whitespace();
            Some((words.next()?.to_owned(), words.next()?.to_owned()))
        };
        let passwords: BTreeMap<_, _> = sheet.lines().filter_map(login).collect();
        ensure!(passwords.contains_key("admin"), "the sheet of logins names no administrator");
        // A board names its estate first; the building and the door come after a space.
        let page = reqwest::get(format!("http://{address}/api/v1/boards/{board}")).await?.text().await?;
        let page: Value = serde_json::from_str(&page)?;
        let name = page.get("name").and_then(Value::as_str).context("the name of the board")?;
        let estate = name.split_whitespace().next().unwrap_or_default().to_owned();
        Ok(Ok(Self {
            estate,
            binary,
            program: Some(program),
            driver: Some(driver),
            folder,
            address,
            driver_url: format!("http://127.0.0.1:{port}"),
            board,
            chromium: named("CHROMIUM"),
            passwords,
        }))
    }

    /// The address of the program as a browser types it.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A folder for files of the journeys, gone at the end.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The password of a login of the demonstration.
    ///
    /// # Errors
    /// There is no such login.
    pub fn password(&self, login: &str) -> anyhow::Result<&str> {
        self.passwords.get(login).map(String::as_str).with_context(|| format!("no login {login}"))
    }

    /// Reports something at a board over HTTP, as a neighbour with another phone would.
    ///
    /// # Errors
    /// It was not accepted.
    pub async fn report(&self, board: &str, words: &str) -> anyhow::Result<Line> {
        let url = format!("{}/api/v1/cases", self.base());
        let answer = reqwest::Client::new().post(url).json(&json!({"board": board, "description": words})).send().await?;
        let (status, body) = (answer.status(), answer.text().await?);
        ensure!(status.as_u16() == 201, "the report was answered with {status}: {body}");
        let body: Value = serde_json::from_str(&body)?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned).with_context(|| format!("no {name}"));
        let link = text("link")?;
        let link = link.find("/r/").and_then(|at| link.get(at..)).context("a private link")?.to_owned();
        Ok(Line { number: text("number")?, id: text("id")?, link })
    }

    /// Makes a key of the city's hotline on the machine, as an administrator does.
    ///
    /// # Errors
    /// None was made.
    pub fn hotline_key(&self, name: &str) -> anyhow::Result<String> {
        let mut command = Command::new(&self.binary);
        command.arg("--data").arg(self.folder.path().join("data")).args(["hotline-key", "add", name]);
        let made = command.stdin(Stdio::null()).output().context("linli hotline-key")?;
        ensure!(made.status.success(), "no key was made: {}", String::from_utf8_lossy(&made.stderr));
        Ok(String::from_utf8(made.stdout)?.trim().to_owned())
    }

    /// What the city's hotline sends and fetches: the status and the answer.
    ///
    /// # Errors
    /// There was no answer that can be read.
    pub async fn hotline(&self, key: &str, path: &str, ticket: Option<Value>) -> anyhow::Result<(u16, Value)> {
        let (client, url) = (reqwest::Client::new(), format!("{}/api/v1/hotline/{path}", self.base()));
        let request = match ticket {
            Some(ticket) => client.post(url).json(&ticket),
            None => client.get(url),
        };
        let answer = request.bearer_auth(key).send().await?;
        let status = answer.status().as_u16();
        Ok((status, serde_json::from_str(&answer.text().await?)?))
    }

    /// Gets a page without a browser and without cookies.
    ///
    /// # Errors
    /// There was no answer.
    pub async fn get(&self, path: &str) -> anyhow::Result<(u16, String)> {
        let answer = reqwest::get(format!("{}{path}", self.base())).await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }

    /// Ends both; the folder goes too.
    pub fn close(&mut self) {
        self.driver = None;
        self.program = None;
    }
}

/// Starts a program and waits until a line of its output says what is wanted. The rest of its output is read and dropped.
fn start<T: Send + 'static>(
    command: &mut Command,
    patience: Duration,
    wanted: impl Fn(&str) -> Option<T> + Send + 'static,
) -> anyhow::Result<(Ended, T)> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().with_context(|| format!("{command:?}"))?;
    let mut child = Ended(child);
    let lines = BufReader::new(child.0.stdout.take().context("no output")?).lines();
    let (say, heard): (_, Receiver<T>) = mpsc::channel();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if let Some(found) = wanted(&line) {
                // Nobody listens any more when the patience has run out.
                let _ = say.send(found);
            }
        }
    });
    match heard.recv_timeout(patience) {
        Ok(found) => Ok((child, found)),
        Err(mpsc::RecvTimeoutError::Disconnected) => bail!("it ended before it was ready"),
        Err(mpsc::RecvTimeoutError::Timeout) => bail!("it was not ready after {} s", patience.as_secs()),
    }
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
