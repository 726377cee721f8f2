use std::fs;
use std::thread;

use cam_models::ConvNet;
use serde::Serialize;

/// What the numbers are of.
#[derive(Serialize)]
pub struct Machine {
    /// The processor's name; none where the system does not tell.
    pub cpu: Option<String>,
    /// Its architecture.
    pub architecture: &'static str,
    /// The operating system.
    pub system: &'static str,
    /// Processors that this program may run on.
    pub processors: Option<usize>,
    /// The instructions that the engine uses; none without the engine.
    pub instructions: Option<String>,
    /// The engine's threads; none without the engine.
    pub threads: Option<usize>,
}

impl Machine {
    /// The one that this runs on.
    pub fn of(network: &ConvNet) -> Self {
        let engine = network.engine();
        Self {
            cpu: cpu(),
            architecture: std::env::consts::ARCH,
            system: std::env::consts::OS,
            processors: thread::available_parallelism().ok().map(usize::from),
            instructions: engine.map(|engine| engine.instructions().to_string()),
            threads: engine.map(|engine| engine.threads()),
        }
    }
}

fn cpu() -> Option<String> {
    field(&fs::read_to_string("/proc/cpuinfo").ok()?, "model name").map(str::to_owned)
}

/// The most memory that this process has ever held, in bytes; none where the system does not tell.
pub fn peak_memory() -> Option<u64> {
    peak_of(&fs::read_to_string("/proc/self/status").ok()?)
}

fn peak_of(status: &str) -> Option<u64> {
    let kibibytes: u64 = field(status, "VmHWM")?.strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// The first value by a name, in lines such as `name : value`.
fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs.map(|(key, value)| (key.trim(), value.trim())).find(|(key, _)| *key == name).map(|f| f.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_in_kibibytes() {
        let status = "Name:\tcam\nVmPeak:\t  900 kB\nVmHWM:\t     208 kB\nVmRSS:\t 100 kB\n";
        assert_eq!(peak_of(status), Some(208 * 1024));
        assert_eq!(peak_of("VmHWM:\t208 pages\n"), None);
        assert_eq!(peak_of("Name:\tcam\n"), None);
    }

    #[test]
    fn a_processor_has_the_name_of_the_first() {
        let info = "processor\t: 0\nmodel name\t: One: fast\nprocessor\t: 1\nmodel name\t: Two\n";
        assert_eq!(field(info, "model name"), Some("One: fast"));
    }
}
