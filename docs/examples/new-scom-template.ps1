# SPDX-License-Identifier: Apache-2.0
<#
.SYNOPSIS
Creates the certificate template for Operations Manager that Microsoft's page tells an administrator to create by hand.

.DESCRIPTION
For an administrator of the enterprise CA (a member of Enterprise Admins), in Windows PowerShell 5.1 on a computer with the
ActiveDirectory module (RSAT); with -Publish, on the CA itself. It does what the page "Obtain a certificate for use with Windows
Servers and System Center Operations Manager" (Microsoft Learn, 28 January 2023) describes under "Create a certificate template for
System Center Operations Manager": signature and encryption, exportable key, at least 2048 bits, the providers named there, client
and server authentication, key usage digital signature and key encipherment, critical, and the subject supplied in the request, as
in the template that the page duplicates (IPSec, offline request).

In one respect it departs from the page, which gives Enroll to Authenticated Users: anyone who may enroll can get a certificate
for any name, which is also valid for client authentication, and so can impersonate anyone in the forest. So the group that may enroll
must be named, and groups that contain everyone are refused unless -AllowEveryone is given.

It can be run again: an existing template with these settings is not changed, and one with other settings is reported.

Exit codes: 0 the template exists (with -WhatIf: can be created); 1 a step failed, and the text says what was done before it; 2 a
template with that name exists with other settings; 3 nothing was attempted.

Sources: the page above; [MS-CRTD] 2.4 (flags), 2.26 (msPKI-Enrollment-Flag), 2.27 (msPKI-Private-Key-Flag), 2.28
(msPKI-Certificate-Name-Flag) and 2.5.1 (the right to enroll); [MS-ADSC] 2.222 (pKICertificateTemplate); "Certificate-Enrollment
extended right" (AD schema, Microsoft Learn); Add-CATemplate (ADCSAdministration, Microsoft Learn).

.EXAMPLE
powershell.exe -ExecutionPolicy RemoteSigned -File new-scom-template.ps1 -EnrollGroup 'CONTOSO\SCOM certificate requesters' -WhatIf
#>
[CmdletBinding()]
param(
    [string]$Name = 'OperationsManagerCert',
    [string]$EnrollGroup,
    [int]$ValidityDays = 730,
    [int]$KeySize = 2048,
    [switch]$Publish,
    [switch]$AllowEveryone,
    [switch]$WhatIf
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Stop-Run([int]$Code, [string]$Words) {
    [Console]::Error.WriteLine($Words)
    exit $Code
}

# A period is a negative number of 100-nanosecond intervals, in eight bytes, least significant first.
function Get-Period([int]$Days) {
    , [BitConverter]::GetBytes([long](-$Days * [long]864000000000))
}

function Get-Setting {
    $uses = @('1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2') # server and client authentication
    @{
        'flags'                                = 0x20258 # modified, template name, machine, exportable, published in AD
        'revision'                             = 100
        'msPKI-Template-Schema-Version'        = 2
        'msPKI-Template-Minor-Revision'        = 1
        'msPKI-RA-Signature'                   = 0
        'msPKI-Minimal-Key-Size'               = $KeySize
        'msPKI-Certificate-Name-Flag'          = 0x1 # the subject is supplied in the request
        'msPKI-Enrollment-Flag'                = 0x18 # publish in AD; do not reenroll if a certificate exists
        'msPKI-Private-Key-Flag'               = 0x10 # exportable
        'msPKI-Certificate-Application-Policy' = $uses
        'pKIExtendedKeyUsage'                  = $uses
        'pKICriticalExtensions'                = '2.5.29.15'
        'pKIKeyUsage'                          = [byte[]](0xa0, 0x00) # digital signature, key encipherment
        'pKIDefaultKeySpec'                    = 1 # AT_KEYEXCHANGE
        'pKIMaxIssuingDepth'                   = 0
        'pKIDefaultCSPs'                       = @('1,Microsoft RSA SChannel Cryptographic Provider',
            '2,Microsoft Enhanced Cryptographic Provider v1.0')
        'pKIExpirationPeriod'                  = Get-Period $ValidityDays
        'pKIOverlapPeriod'                     = Get-Period 42
    }
}

# Existing values are compared as text, whatever type the directory returns.
function Get-Text($Value) {
    if ($Value -is [byte[]]) { return [BitConverter]::ToString($Value) }
    (@($Value) | ForEach-Object { [string]$_ } | Sort-Object) -join '; '
}

function Get-Difference($Template, [hashtable]$Settings) {
    foreach ($key in ($Settings.Keys | Sort-Object)) {
        $property = $Template.PSObject.Properties[$key]
        $there = if ($property) { Get-Text $property.Value } else { '' }
        if ($there -cne (Get-Text $Settings[$key])) { '{0}: "{1}" instead of "{2}"' -f $key, $there, (Get-Text $Settings[$key]) }
    }
}

# Two random parts below the forest's own number, not in use yet.
function Get-NewOid([string]$Container) {
    $base = (Get-ADObject -Identity $Container -Properties 'msPKI-Cert-Template-OID').'msPKI-Cert-Template-OID'
    if (-not $base) { throw "the forest has no object identifier in $Container; open the Certificate Templates console once" }
    do {
        $last = Get-Random -Minimum 1000000 -Maximum 99999999
        $oid = '{0}.{1}.{2}' -f $base, (Get-Random -Minimum 1000000 -Maximum 99999999), $last
    } while (Get-ADObject -SearchBase $Container -Filter "msPKI-Cert-Template-OID -eq '$oid'")
    @{ Oid = $oid; Name = '{0}.{1}' -f $last, [guid]::NewGuid().ToString('N').ToUpperInvariant() }
}

# By the GUID of the right and the SID of the group: the names of both depend on the language of Windows.
function Add-EnrollRight([string]$Dn, $Sid) {
    $acl = Get-Acl -LiteralPath "AD:\$Dn"
    $enroll = [guid]'0e10c968-78fb-11d2-90d4-00c04f79dc55'
    $acl.AddAccessRule((New-Object System.DirectoryServices.ActiveDirectoryAccessRule $Sid, 'GenericRead', 'Allow'))
    $acl.AddAccessRule((New-Object System.DirectoryServices.ActiveDirectoryAccessRule $Sid, 'ExtendedRight', 'Allow', $enroll))
    Set-Acl -LiteralPath "AD:\$Dn" -AclObject $acl
}

function Get-GroupSid {
    $account = New-Object System.Security.Principal.NTAccount $EnrollGroup
    $account.Translate([type]'System.Security.Principal.SecurityIdentifier')
}

if ($Name -cnotmatch '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$') { Stop-Run 3 'The name may contain only letters, digits, "-" and "_". Nothing was changed.' }
if ($KeySize -lt 2048) { Stop-Run 3 'Operations Manager needs keys of 2048 bits or more. Nothing was changed.' }
if ($ValidityDays -lt 1 -or $ValidityDays -gt 3650) { Stop-Run 3 'The validity must be 1 to 3650 days. Nothing was changed.' }
if (-not $EnrollGroup) { Stop-Run 3 'Name the group that may enroll with -EnrollGroup. Nothing was changed.' }
foreach ($command in @('Get-ADRootDSE', 'New-ADObject') + $(if ($Publish) { 'Add-CATemplate' })) {
    if (-not (Get-Command $command -ErrorAction SilentlyContinue)) {
        Stop-Run 3 "$command is not available: install the module ActiveDirectory (RSAT); run -Publish on the CA. Nothing was changed."
    }
}
try { $sid = Get-GroupSid } catch { Stop-Run 3 "There is no group `"$EnrollGroup`". Nothing was changed." }
# Everyone, Authenticated Users, Users; Domain Users, Domain Computers.
if ("$sid" -match '^S-1-(1-0|5-11|5-32-545)$|-(513|515)$' -and -not $AllowEveryone) {
    Stop-Run 3 ("`"$EnrollGroup`" contains everyone: each member could get a certificate for any name and impersonate its owner. Name a " +
        'group of those who may; -AllowEveryone allows it anyway. Nothing was changed.')
}
try {
    $services = 'CN=Public Key Services,CN=Services,' + (Get-ADRootDSE).configurationNamingContext
    $dn = "CN=$Name,CN=Certificate Templates,$services"
    $settings = Get-Setting
    $there = Get-ADObject -SearchBase "CN=Certificate Templates,$services" -Filter "cn -eq '$Name'" -Properties *
} catch { Stop-Run 3 "The directory cannot be read: $($_.Exception.Message) Nothing was changed." }
if ($there) {
    $differences = @(Get-Difference $there $settings)
    if ($differences) {
        $differences | ForEach-Object { Write-Output "  $_" }
        Stop-Run 2 "The template `"$Name`" exists with other settings. Nothing was changed: use another -Name, or change it in the Certificate Templates console."
    }
    Write-Output "The template `"$Name`" exists with these settings."
}
if ($WhatIf) {
    if (-not $there) { Write-Output "What if: create the template `"$Name`" for the forest." }
    Write-Output "What if: let `"$EnrollGroup`" read and enroll."
    if ($Publish) { Write-Output 'What if: have this CA issue it.' }
    Write-Output 'Nothing was changed.'
    exit 0
}
$done = 'Nothing was changed.'
try {
    if (-not $there) {
        $container = "CN=OID,$services"
        $new = Get-NewOid $container
        New-ADObject -Type 'msPKI-Enterprise-Oid' -Path $container -Name $new.Name -OtherAttributes @{
            'displayName' = $Name; 'flags' = 1; 'msPKI-Cert-Template-OID' = $new.Oid }
        $done = "The identifier $($new.Oid) is in the directory, without a template; a second run creates another one."
        $settings['msPKI-Cert-Template-OID'] = $new.Oid
        New-ADObject -Type 'pKICertificateTemplate' -Path "CN=Certificate Templates,$services" -Name $Name -DisplayName $Name -OtherAttributes $settings
        Write-Output "The template `"$Name`" was created, $($new.Oid)."
        $done = 'The template exists; run the same command again for the rest.'
    }
    Add-EnrollRight $dn $sid
    Write-Output "`"$EnrollGroup`" may read and enroll."
    $done = 'The template exists, and the group may enroll; run the same command again for the rest.'
    if ($Publish -and -not (Get-CATemplate | Where-Object { $_.Name -eq $Name })) {
        Add-CATemplate -Name $Name -Force
        Write-Output 'This CA issues it.'
    }
} catch { Stop-Run 1 "It failed: $($_.Exception.Message) $done" }
if (-not $Publish) { Write-Output "Next, on the CA: Add-CATemplate -Name $Name (or run this there with -Publish)." }
Write-Output 'Done.'
exit 0
