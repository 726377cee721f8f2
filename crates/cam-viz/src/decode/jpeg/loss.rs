//! What is wrong with coded data.

/// What is wrong at one place of coded data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// The next marker, or the end of the file, stands where data should.
    #[error("the data end")]
    Ended,
    /// Another marker, or none, stands where the next restart marker should.
    #[error("a restart marker is missing")]
    Restart,
    /// Bits that begin no code of the table.
    #[error("a code is in no table")]
    NoSuchCode,
    /// More than 64 coefficients, or one outside the scan's band.
    #[error("a coefficient lies outside its block")]
    NoSuchCoefficient,
    /// No table was given for these codes.
    #[error("a table is missing")]
    NoTable,
}

/// Why a file's pixels are not those that were written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Loss {
    /// No scan begins.
    #[error("there are no image data")]
    NoData,
    /// The file ends behind a scan without saying so.
    #[error("no end marker")]
    NoEnd,
    /// A place among the coded data, by rows of pixels.
    #[error("{fault} at row {row} of {of}")]
    Data { fault: Fault, row: u32, of: u32 },
    /// More data than the frame has blocks: its header says less than was written.
    #[error("{bytes} bytes of image data are left over behind the last row")]
    LeftOver { bytes: usize },
    /// Coefficients whose lower bits no scan gave.
    #[error("scans are missing, which would have made the picture finer")]
    Scans,
    /// A scan refines what no scan gave, or gives it again.
    #[error("scans that do not follow each other")]
    Order,
    /// A segment that cannot be read, or more scans than a file is believed to have.
    #[error("the segment of marker {marker:#04x} contradicts itself")]
    Header { marker: u8 },
}
