//! Time a process was computing.

use anyhow::{Context, Result};

/// Clock ticks of a second in /proc/self/stat (USER_HZ on Linux).
const TICKS_A_SECOND: f64 = 100.0;

/// User and system time of this process so far, all threads, seconds.
///
/// # Errors
/// Where the system has no /proc.
pub fn processor_seconds() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // Fields 14 and 15 of proc(5); the state, field 3, is the first after the name.
    let after_name = stat.rsplit_once(')').context("/proc/self/stat")?.1;
    let mut fields = after_name.split_whitespace().skip(11).map(str::parse::<f64>);
    let mut ticks = || fields.next().context("/proc/self/stat")?.context("/proc/self/stat");
    Ok((ticks()? + ticks()?) / TICKS_A_SECOND)
}
