//! Runs the binary with an environment of its own, and looks for secrets in what it prints.

use std::ffi::OsStr;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use kore_emulator::{App, Emulator, EmulatorBuilder};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) const CLIENT_ID: &str = "cs-0f0f";
pub(crate) const SECRET: &str = "hunter2-is-the-client-secret";

/// The start of every JWT that is signed here, and of those that tests make.
const JWT_START: &str = "eyJ";

/// What names the folder that the usual configuration file is below.
pub(crate) const CONFIG_HOME: &str = if cfg!(windows) { "APPDATA" } else { "XDG_CONFIG_HOME" };

/// That file, in the home of a run.
pub(crate) const USUAL: &str =
    if cfg!(windows) { r".config\kore\config.toml" } else { ".config/kore/config.toml" };

pub(crate) struct Kore {
    command: Command,
    stdin: Vec<u8>,
    home: TempDir,
}

/// What a run left behind.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Kore {
    /// With nothing in the environment but an empty home.
    pub(crate) fn new(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let home = TempDir::new().expect("a directory");
        let mut command = Command::new(env!("CARGO_BIN_EXE_kore"));
        clear(&mut command);
        command.env("HOME", home.path()).args(args);
        if cfg!(windows) {
            command.env(CONFIG_HOME, home.path().join(".config"));
        }
        Self { command, stdin: Vec::new(), home }
    }

    /// `kore import status ID` with the credentials of the tests.
    pub(crate) fn status(host: &str, id: &str) -> Self {
        Self::asking(host, ["import", "status", id])
    }

    /// `kore import watch ID…` with the credentials of the tests.
    pub(crate) fn watch(host: &str, ids: &[&str]) -> Self {
        Self::asking(host, ["import", "watch"]).args(ids)
    }

    fn asking<const N: usize>(host: &str, args: [&str; N]) -> Self {
        Self::new(args)
            .env("KORE_HOST", host)
            .env("KORE_CLIENT_ID", CLIENT_ID)
            .env("KORE_CLIENT_SECRET", SECRET)
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn stdin(mut self, bytes: &[u8]) -> Self {
        self.stdin = bytes.to_vec();
        self
    }

    /// A file in the home of the run, readable by its owner alone.
    pub(crate) fn file(self, path: &str, content: &str) -> Self {
        self.file_of(path, content.as_bytes())
    }

    pub(crate) fn file_of(self, path: &str, content: &[u8]) -> Self {
        let path = self.home.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a file in a directory")).expect("created");
        std::fs::write(&path, content).expect("written");
        #[cfg(unix)]
        self.mode(&path, 0o600);
        self
    }

    #[cfg(unix)]
    pub(crate) fn mode(&self, path: impl AsRef<std::path::Path>, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.home.path().join(path);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("changed");
    }

    /// Runs it in its home, so that names of files there need no path.
    pub(crate) fn in_home(mut self) -> Self {
        self.command.current_dir(self.home.path());
        self
    }

    pub(crate) fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    /// Runs it to the end; neither output may show a secret or a token.
    pub(crate) fn run(&mut self) -> Run {
        let run = self.run_unchecked();
        for secret in [SECRET, JWT_START] {
            let all = format!("{}\n{}", run.stdout, run.stderr);
            assert!(!all.contains(secret), "{secret} is shown: {all}");
        }
        run
    }

    /// As [`run`](Self::run), for the command whose output is a token.
    pub(crate) fn run_unchecked(&mut self) -> Run {
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        // A run that reads nothing may have closed its end already.
        let _ = child.stdin.take().expect("piped").write_all(&self.stdin);
        let Output { status, stdout, stderr } = child.wait_with_output().expect("it ends");
        Run {
            code: status.code().expect("an exit code, and no signal"),
            stdout: String::from_utf8(stdout).expect("UTF-8"),
            stderr: String::from_utf8(stderr).expect("UTF-8"),
        }
    }

    /// Runs it to an exit code, once in silence and once with all logs, which show no secret
    /// either. It gives back the silent run, whose error has one line, and its hint at most one.
    pub(crate) fn fails(&mut self, code: i32) -> Run {
        self.command.env("RUST_LOG", "trace");
        let logged = self.run();
        assert_eq!(logged.code, code, "{}", logged.stderr);
        self.command.env_remove("RUST_LOG");
        let run = self.run();
        assert_eq!(run.code, code, "{}", run.stderr);
        assert!(run.stdout.is_empty(), "{}", run.stdout);
        let labels: Vec<_> = run.stderr.lines().map(|line| line.split(": ").next()).collect();
        assert!(matches!(labels[..], [Some("error")] | [Some("error"), Some("hint")]), "{}", run.stderr);
        run
    }

    pub(crate) fn succeeds(&mut self) -> Run {
        let run = self.run();
        assert_eq!(run.code, 0, "{}", run.stderr);
        run
    }

    /// The command to spawn. It hears signals even where the tests themselves do not: a job in the
    /// background of a script, or one under `nohup`, hands on that it ignores them.
    pub(crate) fn into_command(self) -> (Command, TempDir) {
        let (plain, home) = self.into_plain_command();
        if !ignores_signals() {
            return (plain, home);
        }
        let mut command = Command::new("/usr/bin/env");
        command.args(["--default-signal=HUP,INT,TERM", "--"]).arg(plain.get_program()).args(plain.get_args());
        let set = plain.get_envs().filter_map(|(name, value)| Some((name, value?)));
        command.env_clear().envs(set);
        (command, home)
    }

    /// The command to spawn, which ignores what the tests ignore.
    pub(crate) fn into_plain_command(self) -> (Command, TempDir) {
        (self.command, self.home)
    }
}

/// Leaves nothing in the environment of a command but what Windows cannot do without.
pub(crate) fn clear(command: &mut Command) {
    command.env_clear();
    if cfg!(windows) {
        let needed = ["SystemRoot", "TEMP"].into_iter();
        command.envs(needed.filter_map(|name| Some((name, std::env::var_os(name)?))));
    }
}

/// Whether this process ignores SIGHUP, SIGINT or SIGTERM, as far as the system tells.
fn ignores_signals() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    // Bit n - 1 stands for signal n: 1, 2 and 15.
    mask & (1 | 1 << 1 | 1 << 14) != 0
}

impl Run {
    /// The tokens of the command that is printed: they stand in it, or in a file for a shell that would
    /// spoil them.
    pub(crate) fn resumed(&self) -> String {
        let tokens = self.stderr.split("--resume ").nth(1).expect("a command");
        match cfg!(windows) {
            true => std::fs::read_to_string(tokens.split(' ').next().expect("a file")).expect("written"),
            false => tokens.to_owned(),
        }
    }

    /// Whether standard error holds each of these.
    #[track_caller]
    pub(crate) fn says(&self, texts: &[&str]) -> &Self {
        for text in texts {
            assert!(self.stderr.contains(text), "expected {text:?} in: {}", self.stderr);
        }
        self
    }
}

/// An emulator inside this process, on a runtime of its own.
pub(crate) struct Platform {
    pub(crate) emulator: Emulator,
    _runtime: Runtime,
}

impl Platform {
    /// With the app of the tests.
    pub(crate) fn start(imports: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder) -> Self {
        Self::of_app(app(), imports)
    }

    pub(crate) fn of_app(app: App, imports: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let builder = imports(Emulator::builder().app(app));
        let emulator = runtime.block_on(builder.start()).expect("a free port");
        Self { emulator, _runtime: runtime }
    }

    /// Asks for the import that it holds first.
    pub(crate) fn status(&self) -> Kore {
        Kore::status(&self.emulator.url(), self.emulator.import_ids()[0].as_str())
    }
}

pub(crate) fn app() -> App {
    let secret = kore_sdk::auth::Secret::new(SECRET).expect("not empty");
    App::new(CLIENT_ID.parse().expect("a client id"), secret)
}
