//! A browser window of one's own: a phone or a desk, its taps counted, every wait for something that can be seen.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::ChromeCapabilities;
use thirtyfour::prelude::*;

use crate::house::House;

/// How long something that must come may take. Generous, because a machine may be busy; a page that has it goes on at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked for.
pub(crate) const LOOK: Duration = Duration::from_millis(40);

/// What somebody holds or sits at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// 390 × 844, touch.
    Phone,
    /// 1440 × 900.
    Desk,
}

impl Device {
    /// Width and height in CSS pixels.
    #[must_use]
    pub const fn size(self) -> (u32, u32) {
        match self {
            Self::Phone => (390, 844),
            Self::Desk => (1440, 900),
        }
    }
}

/// How a window is opened.
#[derive(Debug, Clone)]
pub struct Setup {
    /// What it is.
    pub device: Device,
    /// Whether pages may run scripts; without, only a [`crate::Bare`] can drive the window.
    pub scripts: bool,
    /// Another address than the program's own, e.g. that of a [`crate::Wire`].
    pub base: Option<String>,
}

impl From<Device> for Setup {
    fn from(device: Device) -> Self {
        Self { device, scripts: true, base: None }
    }
}

/// A window of its own browser, with its own cookies and cache.
pub struct Window {
    driver: WebDriver,
    base: String,
    scripts: bool,
    taps: AtomicU32,
    profile: TempDir,
}

impl Window {
    /// Opens one.
    ///
    /// # Errors
    /// The browser does not start.
    pub async fn open(house: &House, setup: impl Into<Setup>) -> anyhow::Result<Self> {
        let setup = setup.into();
        let profile = tempfile::Builder::new().prefix("linli-window").tempdir()?;
        let (width, height) = setup.device.size();
        let mut caps = ChromeCapabilities::new();
        let folder = format!("--user-data-dir={}", profile.path().display());
        let size = format!("--window-size={width},{height}");
        for arg in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--force-prefers-reduced-motion",
            "--hide-scrollbars",
            "--lang=zh-CN",
            size.as_str(),
            folder.as_str(),
        ] {
            caps.add_arg(arg)?;
        }
        if let Some(path) = &house.chromium {
            caps.set_binary(&path.display().to_string())?;
        }
        let mut prefs = json!({"intl.accept_languages": "zh-CN,zh"});
        if !setup.scripts
            && let Some(prefs) = prefs.as_object_mut()
        {
            prefs.insert("profile.managed_default_content_settings.javascript".to_owned(), json!(2));
        }
        caps.add_experimental_option("prefs", prefs)?;
        if setup.device == Device::Phone {
            let metrics = json!({"width": width, "height": height, "pixelRatio": 2.0, "touch": true, "mobile": true});
            caps.add_experimental_option("mobileEmulation", json!({ "deviceMetrics": metrics }))?;
        }
        let driver = WebDriver::new(&house.driver_url, caps).await.context("a browser window")?;
        driver.set_page_load_timeout(PATIENCE).await?;
        driver.set_script_timeout(Duration::from_secs(60)).await?;
        let window = Self {
            driver,
            base: setup.base.unwrap_or_else(|| house.base()),
            scripts: setup.scripts,
            taps: AtomicU32::new(0),
            profile,
        };
        if setup.device == Device::Desk {
            window.resize(setup.device).await?;
        }
        Ok(window)
    }

    /// Opens one, does something in it and closes it whatever came of it. A failure says where the window was and what it showed.
    ///
    /// # Errors
    /// What was done in it failed.
    pub async fn with<T>(
        house: &House,
        setup: impl Into<Setup>,
        work: impl AsyncFnOnce(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let window = Self::open(house, setup).await?;
        let mut done = work(&window).await;
        if let Err(error) = done {
            if !window.scripts {
                window.close().await;
                return Err(error);
            }
            let url = window.url().await.unwrap_or_default();
            let text: String = window.text("body").await.unwrap_or_default().chars().take(1_500).collect();
            done = Err(error.context(format!("the window was at {url} and showed:\n{text}\n")));
        }
        window.close().await;
        done
    }

    /// The driver itself.
    #[must_use]
    pub const fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// The address of the program for this window.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Closes the window; its cookies and cache go too.
    pub async fn close(self) {
        let _ = self.driver.quit().await;
        // The browser may still be writing when the driver has answered; what it leaves is in the system's own folder.
        let _ = self.profile.close();
    }

    /// Makes the window that of another device, page and all.
    ///
    /// # Errors
    /// The browser refuses.
    pub async fn resize(&self, device: Device) -> anyhow::Result<()> {
        let (width, height) = device.size();
        self.metrics(device, width, height, if device == Device::Phone { 2 } else { 1 }).await
    }

    async fn metrics(&self, device: Device, width: u32, height: u32, scale: u32) -> anyhow::Result<()> {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": device == Device::Phone});
        self.cdp("Emulation.setDeviceMetricsOverride", metrics).await?;
        Ok(())
    }

    /// Sends a command to the browser's tools.
    ///
    /// # Errors
    /// The browser refuses.
    pub async fn cdp(&self, method: &str, parameters: Value) -> anyhow::Result<Value> {
        self.driver.cdp().send_raw(method, parameters).await.with_context(|| method.to_owned())
    }

    /// Goes to a path of the program.
    ///
    /// # Errors
    /// The page does not come.
    pub async fn go(&self, path: &str) -> anyhow::Result<()> {
        self.driver.goto(format!("{}{path}", self.base)).await.with_context(|| path.to_owned())
    }

    /// Path and query of the page.
    ///
    /// # Errors
    /// The window is gone.
    pub async fn path(&self) -> anyhow::Result<String> {
        let url = self.driver.current_url().await?;
        Ok(url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())))
    }

    /// The whole address of the page.
    ///
    /// # Errors
    /// The window is gone.
    pub async fn url(&self) -> anyhow::Result<String> {
        Ok(self.driver.current_url().await?.to_string())
    }

    /// Loads the page anew.
    ///
    /// # Errors
    /// It does not come.
    pub async fn reload(&self) -> anyhow::Result<()> {
        Ok(self.driver.refresh().await?)
    }

    /// Taps so far.
    #[must_use]
    pub fn taps(&self) -> u32 {
        self.taps.load(Ordering::Relaxed)
    }

    /// Waits for an element that is shown, and gives it.
    ///
    /// # Errors
    /// It does not come.
    pub async fn find(&self, css: &str) -> anyhow::Result<WebElement> {
        let begun = Instant::now();
        loop {
            for element in self.driver.find_all(By::Css(css)).await? {
                if element.is_displayed().await.unwrap_or(false) {
                    return Ok(element);
                }
            }
            ensure!(begun.elapsed() < PATIENCE, "nothing shown matches {css}");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Taps the entry of the main navigation that leads there, and before it the word it stands behind, if it does.
    ///
    /// # Errors
    /// As [`Self::tap`].
    pub async fn tap_nav(&self, path: &str) -> anyhow::Result<()> {
        let link = format!(".nav a[href='{path}']");
        if self.has(&format!(".nav details:not([open]) a[href='{path}']")).await? {
            self.tap(".nav summary").await?;
        }
        self.tap(&link).await
    }

    /// Taps or clicks it, and counts that.
    ///
    /// # Errors
    /// It is not there, or something lies over it.
    pub async fn tap(&self, css: &str) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            // A live page may put a new element in the place of the one that was found.
            let element = self.find(css).await?;
            // A thumb brings it to the middle first; at the lower edge it might lie under a bar.
            let to = vec![element.to_json()?];
            let _ = self.driver.execute("arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' });", to).await;
            match element.click().await {
                Ok(()) => break,
                Err(error) if begun.elapsed() > PATIENCE => return Err(error).with_context(|| css.to_owned()),
                Err(_) => tokio::time::sleep(LOOK).await,
            }
        }
        self.taps.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Types into a field, after what is there.
    ///
    /// # Errors
    /// It is not there.
    pub async fn write(&self, css: &str, words: &str) -> anyhow::Result<()> {
        Ok(self.find(css).await?.send_keys(words).await?)
    }

    /// Presses a key where the keyboard is.
    ///
    /// # Errors
    /// The window is gone.
    pub async fn press(&self, key: Key) -> anyhow::Result<()> {
        Ok(self.driver.action_chain().send_keys(key).perform().await?)
    }

    /// Goes on with the tabulator until the keyboard is on an element that matches; gives how often it was pressed.
    ///
    /// # Errors
    /// It is not reached within `most` presses.
    pub async fn tab_to(&self, css: &str, most: u32) -> anyhow::Result<u32> {
        let there = format!("document.activeElement?.matches({}) === true", json!(css));
        for pressed in 0..=most {
            if self.js(&there).await? == true {
                return Ok(pressed);
            }
            self.press(Key::Tab).await?;
        }
        bail!("{css} is not reached with {most} tabulators")
    }

    /// Types where the keyboard is.
    ///
    /// # Errors
    /// The window is gone.
    pub async fn type_here(&self, words: &str) -> anyhow::Result<()> {
        Ok(self.driver.active_element().await?.send_keys(words).await?)
    }

    /// Gives a file to a file field, which may be hidden behind its label.
    ///
    /// # Errors
    /// There is no such field.
    pub async fn give_file(&self, css: &str, file: &Path) -> anyhow::Result<()> {
        let path = file.to_str().context("a path that is text")?;
        Ok(self.driver.find(By::Css(css)).await.with_context(|| css.to_owned())?.send_keys(path).await?)
    }

    /// Chooses an option of a list by its value.
    ///
    /// # Errors
    /// There is none.
    pub async fn choose(&self, css: &str, value: &str) -> anyhow::Result<()> {
        let option = format!("{css} option[value={}]", json!(value));
        Ok(self.driver.find(By::Css(option.clone())).await.context(option)?.click().await?)
    }

    /// The text of the first element that is shown and matches, once there is one: the page may just be coming.
    ///
    /// # Errors
    /// There is none.
    pub async fn text(&self, css: &str) -> anyhow::Result<String> {
        let begun = Instant::now();
        loop {
            match self.find(css).await?.text().await {
                Ok(text) => return Ok(text),
                // It went while it was looked at.
                Err(error) if begun.elapsed() > PATIENCE => return Err(error).with_context(|| css.to_owned()),
                Err(_) => tokio::time::sleep(LOOK).await,
            }
        }
    }

    /// Whether something matches now.
    ///
    /// # Errors
    /// The window is gone.
    pub async fn has(&self, css: &str) -> anyhow::Result<bool> {
        Ok(!self.driver.find_all(By::Css(css)).await?.is_empty())
    }

    /// Waits until the shown text of an element holds these words.
    ///
    /// # Errors
    /// It does not; the error says what was there.
    pub async fn see(&self, css: &str, words: &str) -> anyhow::Result<()> {
        let begun = Instant::now();
        let mut last = String::new();
        while begun.elapsed() < PATIENCE {
            for element in self.driver.find_all(By::Css(css)).await? {
                // It may go while it is looked at.
                last = element.text().await.unwrap_or_default();
                if last.contains(words) {
                    return Ok(());
                }
            }
            tokio::time::sleep(LOOK).await;
        }
        bail!("“{words}” never came in {css}; there was “{last}”")
    }

    /// Waits until a condition in the page's own words (an expression) holds.
    ///
    /// # Errors
    /// It never does.
    pub async fn until(&self, condition: &str) -> anyhow::Result<()> {
        let begun = Instant::now();
        let mut last = String::new();
        while begun.elapsed() < PATIENCE {
            match self.js(condition).await {
                Ok(Value::Bool(true)) => return Ok(()),
                Ok(other) => last = other.to_string(),
                // The page may just be going.
                Err(error) => last = format!("{error:#}"),
            }
            tokio::time::sleep(LOOK).await;
        }
        bail!("never true: {condition} (last: {last})")
    }

    /// Waits until the path of the page begins so.
    ///
    /// # Errors
    /// It never does.
    pub async fn arrive(&self, path: &str) -> anyhow::Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if self.path().await?.starts_with(path) {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
        bail!("never at {path}, but at {}", self.path().await?)
    }

    /// The same where a page below it is left: a path that only begins so is not there yet.
    ///
    /// # Errors
    /// It is somewhere else for too long.
    pub async fn arrive_at(&self, path: &str) -> anyhow::Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if self.path().await?.split('?').next() == Some(path) {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
        bail!("never at {path} itself, but at {}", self.path().await?)
    }

    /// The value of an expression in the page.
    ///
    /// # Errors
    /// It throws.
    pub async fn js(&self, expression: &str) -> anyhow::Result<Value> {
        let answer = self.driver.execute(format!("return ({expression});"), Vec::new()).await;
        Ok(answer.with_context(|| expression.to_owned())?.json().clone())
    }

    /// The same as a number.
    ///
    /// # Errors
    /// It throws, or is no number.
    pub async fn number(&self, expression: &str) -> anyhow::Result<f64> {
        self.js(expression).await?.as_f64().with_context(|| format!("no number: {expression}"))
    }

    /// Runs an asynchronous script whose last argument is called with the answer.
    ///
    /// # Errors
    /// It throws or does not answer.
    pub async fn js_async(&self, script: &str) -> anyhow::Result<Value> {
        Ok(self.driver.execute_async(script, Vec::new()).await?.json().clone())
    }

    /// Signs in with a login of the demonstration.
    ///
    /// # Errors
    /// It is refused.
    pub async fn sign_in(&self, house: &House, login: &str) -> anyhow::Result<()> {
        self.go("/login").await?;
        self.write("#f-login", login).await?;
        self.write("#f-password", house.password(login)?).await?;
        self.tap("main form button[type=submit]").await?;
        self.find("body.staff .who").await?;
        if self.path().await?.starts_with("/choose-role") {
            // Somebody with several posts takes the one at the estate of the tour.
            let mut chosen = None;
            for button in self.driver.find_all(By::Css("button.row")).await? {
                let here = button.text().await?.contains(&house.estate);
                chosen = Some(button);
                if here {
                    break;
                }
            }
            chosen.with_context(|| format!("{login} has no post"))?.click().await?;
            self.find(".nav").await?;
        }
        Ok(())
    }

    /// Takes the picture of the page as a PNG, at its whole height up to `most` CSS pixels.
    ///
    /// # Errors
    /// The browser refuses.
    pub async fn picture(&self, device: Device, most: u32) -> anyhow::Result<Vec<u8>> {
        let (width, height) = device.size();
        let whole = self.number("Math.ceil(document.documentElement.scrollHeight)").await?;
        let whole = format!("{whole:.0}").parse::<u32>()?.clamp(height, most.max(height));
        let scale = if device == Device::Phone { 2 } else { 1 };
        self.metrics(device, width, whole, scale).await?;
        self.js_async(
            "const done = arguments[arguments.length - 1]; requestAnimationFrame(() => requestAnimationFrame(() => done(true)));",
        )
        .await?;
        let shot = self.cdp("Page.captureScreenshot", json!({"format": "png"})).await?;
        self.metrics(device, width, height, scale).await?;
        let data = shot.get("data").and_then(Value::as_str).context("no picture")?;
        Ok(base64::engine::general_purpose::STANDARD.decode(data)?)
    }

    /// Takes the browser's own line away or gives it back, so that the page knows that it is alone.
    ///
    /// # Errors
    /// The browser refuses.
    pub async fn offline(&self, offline: bool) -> anyhow::Result<()> {
        let conditions = json!({"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.cdp("Network.enable", json!({})).await?;
        self.cdp("Network.emulateNetworkConditions", conditions).await?;
        Ok(())
    }
}
