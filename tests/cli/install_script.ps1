# Runs install.ps1 as Windows would, with what only Windows has replaced by functions that record their arguments.
#   pwsh -File install_script.ps1 CASES
# Each line of the file CASES is a script, what is not as it should be, and arguments, separated by tabs. "=== N" begins the
# output of case N, from 0, on standard output and standard error, and "=== exit CODE" ends it.
param([string]$Cases)
$ErrorActionPreference = 'Stop'

# The world of a case: everything is right, except for what its words change.
$stubs = @'
function Get-Edition { if ($env:CASE -match 'core') { 'Core' } else { 'Desktop' } }
function Get-Build { if ($env:CASE -match 'old') { 14393 } else { 17763 } }
function Get-ComputerName { if ($env:CASE -match 'othername') { 'OTHER', 'other.example.com' } else { 'X', $kit.Name } }
function Test-Administrator { $env:CASE -notmatch 'noadmin' }
function Get-PrivateKey($Certificate) {
    if ($env:CASE -match 'ksp') { return }
    @{ CspKeyContainerInfo = @{ KeyNumber = $(if ($env:CASE -match 'signature') { 'Signature' } else { 'Exchange' }); MachineKeyStore = $env:CASE -notmatch 'userstore'; ProviderName = 'SChannel' } }
}
'@
$records = @'
$global:installed = $env:CASE -match 'installed'
$global:joined = $false
function Note([string]$Words) { Write-Host ('CALL ' + $Words) }
function Get-Service { param($Name, $ErrorAction) if ($env:CASE -notmatch 'noservice') { 'HealthService' } }
# Whether the cmdlets of Windows take a path as a pattern is not documented: it has to name the file either way.
function Assert-File($FilePath) {
    if (-not (Resolve-Path -Path $FilePath) -or -not (Resolve-Path -LiteralPath $FilePath)) { throw "$FilePath is not there" }
}
function Import-Certificate { param($FilePath, $CertStoreLocation) Assert-File $FilePath; Note ('Import-Certificate {0} {1}' -f (Split-Path $FilePath -Leaf), $CertStoreLocation); if ($CertStoreLocation -match 'My') { $global:installed = $true } }
function Import-PfxCertificate { param($FilePath, $CertStoreLocation, $Password)
    Assert-File $FilePath
    $expected = if ($env:CASE -match 'as:(\S+)') { [IO.File]::ReadAllText($Matches[1]) } else { $env:EXPECTED }
    Note ('Import-PfxCertificate {0} password of {1} characters {2}' -f (Split-Path $FilePath -Leaf), $Password.Length, $(if ([Net.NetworkCredential]::new('', $Password).Password -ceq $expected) { 'right' } else { 'wrong' }))
    if ($env:CASE -match 'opens') {
        $bytes = [IO.File]::ReadAllBytes((Resolve-Path -LiteralPath $FilePath).ProviderPath)
        Note ('opened: {0}' -f [Security.Cryptography.X509Certificates.X509Certificate2]::new($bytes, $Password).HasPrivateKey)
    }
    if ($env:CASE -match 'badpassword') { throw 'The specified network password is not correct.' }
    $global:installed = $true }
function Read-Host { param([switch]$AsSecureString, $Prompt) Note 'Read-Host'; ConvertTo-SecureString $env:EXPECTED -AsPlainText -Force }
function Get-Item { param($LiteralPath, $ErrorAction)
    if ($LiteralPath -match '^Cert') { if ($global:installed) { @{ HasPrivateKey = $env:CASE -notmatch 'nokey' -or $global:joined } }; return }
    $item = [pscustomobject]@{}; $item | Add-Member -MemberType ScriptMethod -Name GetValue -Value { param($n) if ($env:CASE -match 'before') { [byte[]](1, 2) } }; $item }
function certutil.exe { Note ('certutil {0}' -f (($args | ForEach-Object { $_ }) -join ' ')); $global:joined = $true; $global:LASTEXITCODE = $(if ($env:CASE -match 'norepair') { 1 } else { 0 }) }
function Test-Path { param($LiteralPath, $PathType) if ($LiteralPath -match '^HKLM') { $env:CASE -notmatch 'noregistry' } else { [IO.File]::Exists($LiteralPath) } }
function New-Item { param($Path, [switch]$Force) Note ('New-Item ' + $Path) }
function New-ItemProperty { param($LiteralPath, $Name, $PropertyType, $Value, [switch]$Force) Note ('New-ItemProperty {0} {1} {2}' -f $Name, $PropertyType, $(if ($Value -is [byte[]]) { [BitConverter]::ToString($Value) } else { $Value })) }
function Restart-Service { param($Name) Note ('Restart-Service ' + $Name) }
function Start-Sleep { param($Seconds) }
$global:clock = [datetime]'2026-01-01'
function Get-Date { $global:clock = $global:clock.AddSeconds(4); $global:clock }
function Get-WinEvent { param($FilterHashtable, $ErrorAction)
    $id = if ($env:CASE -match 'event(\d+)') { [int]$Matches[1] } else { 20053 }
    if ($id) { [pscustomobject]@{ Id = $id; ProviderName = 'OpsMgr Connector'; TimeCreated = $global:clock } } }
'@

# A copy of the script beside it, with the functions in place of its own.
function Write-Copy([string]$Script) {
    $text = [IO.File]::ReadAllText($Script)
    $tokens = $null; $errors = $null
    $ast = [Management.Automation.Language.Parser]::ParseInput($text, [ref]$tokens, [ref]$errors)
    if ($errors) { throw $errors[0].Message }
    $names = [regex]::Matches($stubs, '(?m)^function ([\w-]+)') | ForEach-Object { $_.Groups[1].Value }
    $found = $ast.EndBlock.Statements | Where-Object { $_ -is [Management.Automation.Language.FunctionDefinitionAst] }
    foreach ($name in $names) { if (-not ($found | Where-Object { $_.Name -eq $name })) { throw "no function $name in the script" } }
    foreach ($function in $found | Where-Object { $names -contains $_.Name } | Sort-Object { -$_.Extent.StartOffset }) {
        $text = $text.Remove($function.Extent.StartOffset, $function.Extent.EndOffset - $function.Extent.StartOffset)
    }
    $copy = Join-Path (Split-Path $Script) 'install.stubbed.ps1'
    [IO.File]::WriteAllText($copy, $text.Insert($text.IndexOf('Set-StrictMode'), $stubs + "`n" + $records + "`n"))
    $copy
}

$number = 0
foreach ($line in [IO.File]::ReadAllLines($Cases)) {
    $script, $env:CASE, $rest = $line -split "`t"
    $rest = @($rest | Where-Object { $_ })
    $given = @{}
    for ($i = 0; $i -lt $rest.Count; $i++) {
        $name = $rest[$i].TrimStart('-')
        if ($i + 1 -lt $rest.Count -and $rest[$i + 1] -notmatch '^-') { $given[$name] = $rest[++$i] } else { $given[$name] = $true }
    }
    [Console]::Error.WriteLine("=== $number"); Write-Host "=== $number"
    # A whole path: PowerShell takes a relative one as a pattern here, unlike the argument of -File.
    $copy = Write-Copy (Resolve-Path -LiteralPath $script).ProviderPath
    & $copy @given
    Write-Host "=== exit $LASTEXITCODE"
    $number++
}
